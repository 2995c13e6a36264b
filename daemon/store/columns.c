// Columns that hold civil time. What PostgreSQL writes for a date or a timestamp is read; a date
// beyond our calendar ("infinity", the year 10000) is none.
#include "columns.h"

#include "zone.h"

struct date column_date(const PGresult *r, int row, int column)
{
    const char *s = db_text(r, row, column);
    struct date d;

    return s && date_parse(s, &d) ? d : DATE_NONE;
}

struct moment column_moment(const PGresult *r, int row, int column)
{
    const char *s = db_text(r, row, column);
    struct moment m;

    return s && moment_parse(s, &m) ? m : MOMENT_NONE;
}

struct moment column_meeting(const PGresult *r, int row, int column)
{
    return meeting_start(column_moment(r, row, column));
}
