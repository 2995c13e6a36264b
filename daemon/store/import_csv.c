// Reads CSV. PostgreSQL's COPY takes the fields apart; what is done here is what COPY cannot:
// finding columns by name in any order, giving each row the line that it begins on (a quoted field
// may run over several), and refusing a file whose shape is wrong with that line and before
// anything is stored. A quote within a field is written twice, so that quotes alone tell where a
// record ends.
#include "import_csv.h"
#include "complaint.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_MAX ((size_t)16 << 20) // a quote that is never closed must not swallow the memory
#define CHUNK ((size_t)256 << 10)

struct reader {
    const struct import_file *file;
    FILE *f;
    char *line; // getline's
    size_t room;
    struct text record;
    long first_line, next_line; // of the record; of what follows it
    bool ended_open;            // the file does not end with a line end
};

static void reader_done(struct reader *r)
{
    if (r->f)
        (void)fclose(r->f);
    free(r->line);
    text_done(&r->record);
}

static bool refuse(const struct reader *r, long line, const char *what, struct error *err)
{
    return fail(err, FAULT_INPUT, "%s:%ld: %s; the file was refused", r->file->name, line, what);
}

static size_t count_quotes(const char *s, size_t length)
{
    size_t n = 0;

    for (const char *p = s; (p = memchr(p, '"', length - (size_t)(p - s))); p++)
        n++;
    return n;
}

// The line of the record on which its bytes first are no UTF-8 or a NUL; 0 when they are good.
static long bad_bytes_line(const struct reader *r)
{
    long line = r->first_line;
    const char *s = r->record.s;
    uint32_t c;

    for (size_t i = 0; i < r->record.length;) {
        size_t n = utf8_decode(s + i, r->record.length - i, &c);

        if (n == 0 || c == 0)
            return line;
        line += c == '\n';
        i += n;
    }
    return 0;
}

// Reads a record of one line or, within quotes, of several; without its line end. *end at the
// file's end.
static bool read_record(struct reader *r, bool *end, struct error *err)
{
    size_t quotes = 0;

    text_clear(&r->record);
    r->first_line = r->next_line;
    do {
        ssize_t n = getline(&r->line, &r->room, r->f);

        if (n < 0 && ferror(r->f))
            return refuse(r, r->next_line, "the file cannot be read", err);
        if (n < 0 && quotes % 2)
            return refuse(r, r->first_line, "a quote is opened in this record and never closed",
                          err);
        if (n < 0) {
            *end = true;
            return true;
        }
        r->next_line++;
        r->ended_open = r->line[n - 1] != '\n';
        quotes += count_quotes(r->line, (size_t)n);
        text_add_n(&r->record, r->line, (size_t)n);
        if (r->record.length > RECORD_MAX)
            return refuse(r, r->first_line, "the record is longer than 16 MB", err);
    } while (quotes % 2);
    if (r->record.length > 0 && r->record.s[r->record.length - 1] == '\n')
        r->record.length--;
    if (r->record.length > 0 && r->record.s[r->record.length - 1] == '\r')
        r->record.length--;
    if (r->record.s)
        r->record.s[r->record.length] = '\0';
    *end = false;
    return true;
}

// Counts the fields; -1 for a carriage return outside quotes, which is neither text nor a line end.
static long count_fields(const struct text *record)
{
    long fields = 1;
    bool quoted = false;

    for (size_t i = 0; i < record->length; i++) {
        char c = record->s[i];

        if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            fields++;
        else if (c == '\r' && !quoted)
            return -1;
    }
    return fields;
}

static bool check_record(const struct reader *r, long fields, struct error *err)
{
    long bad = bad_bytes_line(r);
    long n = count_fields(&r->record);
    char what[120];

    if (bad)
        return refuse(r, bad, "bytes that are no UTF-8 text", err);
    if (n < 0)
        return refuse(r, r->first_line, "a carriage return within the line", err);
    if (n == fields)
        return true;
    (void)snprintf(what, sizeof(what), "%ld fields where the header has %ld%s", n, fields,
                   r->ended_open && n < fields ? " (the file ends in the middle of a line)" : "");
    return refuse(r, r->first_line, what, err);
}

// Takes the header's fields apart.
static const char **split_header(struct arena *a, const struct text *record, size_t count)
{
    const char **names = ARENA_ARRAY(a, const char *, count);
    const char *p = record->s;

    for (size_t i = 0; i < count; i++) {
        AUTO(text_done) struct text name = {0};
        bool quoted = false;

        for (; *p && (quoted || *p != ','); p++) {
            if (*p == '"') {
                if (quoted && p[1] == '"')
                    text_add_n(&name, p++, 1);
                else
                    quoted = !quoted;
                continue;
            }
            text_add_n(&name, p, 1);
        }
        names[i] = arena_strdup(a, text_str(&name));
        p += *p == ',';
    }
    return names;
}

static struct import_column *find_column(const struct import_file *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->columns[i].name, name) == 0)
            return &f->columns[i];
    }
    return NULL;
}

static void complain_unknown(const struct import_file *f, const char *name, int position,
                             struct complaints *c)
{
    const char **known = ARENA_ARRAY(f->arena, const char *, f->count);
    char *shown = text_one_line(name, 60);
    const char *near;

    for (size_t i = 0; i < f->count; i++)
        known[i] = f->columns[i].name;
    near = nearest_word(name, known, f->count);
    if (near)
        complain(c, f->name, 1, position, "unknown column \"%s\": did you mean \"%s\"?", shown,
                 near);
    else
        complain(c, f->name, 1, position, "unknown column \"%s\"", shown);
    free(shown);
}

static bool match_header(struct import_file *f, const char *const *names, int count,
                         struct error *err)
{
    struct complaints c = {.arena = f->arena};

    for (int i = 0; i < count; i++) {
        struct import_column *column = find_column(f, names[i]);

        if (!column)
            complain_unknown(f, names[i], i + 1, &c);
        else if (column->position)
            complain(&c, f->name, 1, i + 1, "the column \"%s\" comes twice", names[i]);
        else
            column->position = i + 1;
    }
    for (size_t i = 0; i < f->count; i++) {
        if (!f->columns[i].position && !f->columns[i].optional)
            complain(&c, f->name, 1, count, "the column \"%s\" is missing", f->columns[i].name);
    }
    return complaints_end(&c, err);
}

static bool read_header(struct import_file *f, struct reader *r, long *ret_fields,
                        struct error *err)
{
    static const char bom[] = "\xEF\xBB\xBF"; // Excel writes it
    bool end;
    long fields;

    for (size_t i = 0; i < f->count; i++)
        f->columns[i].position = 0;
    if (!read_record(r, &end, err))
        return false;
    if (end || r->record.length == 0)
        return refuse(r, 1, "there is no header", err);
    if (r->record.length >= 3 && memcmp(r->record.s, bom, 3) == 0) {
        r->record.length -= 3;
        memmove(r->record.s, r->record.s + 3, r->record.length + 1);
    }
    fields = count_fields(&r->record);
    if (fields < 0 || fields > INT_MAX)
        return refuse(r, 1, "a carriage return within the header", err);
    if (!check_record(r, fields, err))
        return false;
    if (!match_header(f, split_header(f->arena, &r->record, (size_t)fields), (int)fields, err))
        return false;
    *ret_fields = fields;
    return true;
}

void import_add_name(struct text *sql, const char *name)
{
    text_add(sql, "\"");
    for (const char *p = name; *p; p++)
        text_add(sql, *p == '"' ? "\"\"" : (char[]){*p, '\0'});
    text_add(sql, "\"");
}

static bool create_stage(struct import_file *f, struct error *err)
{
    AUTO(text_done) struct text sql = {0};

    text_add(&sql, "CREATE TEMP TABLE stage (line bigint");
    for (size_t i = 0; i < f->count; i++) {
        text_add(&sql, ", ");
        import_add_name(&sql, f->columns[i].name);
        text_add(&sql, " text");
    }
    text_add(&sql, ") ON COMMIT DROP; CREATE TEMP TABLE aside (LIKE stage) ON COMMIT DROP");
    return db_run(f->db, text_str(&sql), err);
}

static bool begin_copy(struct import_file *f, long fields, struct error *err)
{
    AUTO(text_done) struct text sql = {0};

    text_add(&sql, "COPY pg_temp.stage (line");
    for (int position = 1; position <= fields; position++) {
        for (size_t i = 0; i < f->count; i++) {
            if (f->columns[i].position == position) {
                text_add(&sql, ", ");
                import_add_name(&sql, f->columns[i].name);
            }
        }
    }
    text_add(&sql, ") FROM STDIN (FORMAT csv)");
    return db_copy_begin(f->db, text_str(&sql), err);
}

static bool send_records(struct import_file *f, struct reader *r, long fields, struct error *err)
{
    AUTO(text_done) struct text chunk = {0};
    bool end = false;

    f->rows = 0;
    while (true) {
        if (!read_record(r, &end, err))
            return false;
        if (end)
            return db_copy_put(f->db, text_str(&chunk), chunk.length, err);
        if (r->record.length == 0)
            continue; // blank lines, mostly at the end
        if (!check_record(r, fields, err))
            return false;
        text_addf(&chunk, "%ld,", r->first_line);
        text_add_n(&chunk, r->record.s, r->record.length);
        text_add(&chunk, "\n");
        f->rows++;
        if (chunk.length > CHUNK) {
            if (!db_copy_put(f->db, chunk.s, chunk.length, err))
                return false;
            text_clear(&chunk);
        }
    }
}

// What COPY takes for a record must be what we take for one.
static bool check_count(struct import_file *f, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(f->db, "SELECT count(*) FROM pg_temp.stage", 0, NULL, &r, err))
        return false;
    if (db_int(r, 0, 0) == f->rows)
        return true;
    return fail(err, FAULT_INPUT, "%s: %ld rows were read and %lld arrived; the file was refused",
                f->name, f->rows, db_int(r, 0, 0));
}

bool import_stage(struct import_file *f, struct error *err)
{
    AUTO(reader_done) struct reader r = {.file = f, .next_line = 1};
    long fields;

    r.f = fopen(f->path, "re");
    if (!r.f)
        return fail(err, FAULT_INPUT, "%s: cannot be opened: %s", f->path, strerror(errno));
    if (!read_header(f, &r, &fields, err) || !create_stage(f, err) || !begin_copy(f, fields, err))
        return false;
    if (!send_records(f, &r, fields, err)) {
        struct error ignored;

        (void)!db_copy_end(f->db, "the file was refused", &ignored);
        return false;
    }
    if (!db_copy_end(f->db, NULL, err))
        return explain(err, "%s: refused", f->name);
    if (r.ended_open)
        text_addf(f->report, "%s:%ld: the last line has no end: it may have been cut off\n",
                  f->name, r.next_line - 1);
    return check_count(f, err);
}
