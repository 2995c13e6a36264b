// Columns of a result that hold civil time.
#pragma once

#include "date.h"
#include "db.h"

struct date column_date(const PGresult *r, int row, int column);     // DATE_NONE for NULL
struct moment column_moment(const PGresult *r, int row, int column); // MOMENT_NONE for NULL
// When a meeting starts (zone.h): midnight says that only its day is known.
struct moment column_meeting(const PGresult *r, int row, int column);
