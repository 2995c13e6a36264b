// The imports alone, for test_import.py: import_tool CONNINFO ssd|directory|absences|duty|events
// PATH. Prints the report, then an error; ends with the status that the command line promises.
#include "fiber.h"
#include "import.h"

#include <stdio.h>
#include <string.h>

struct task {
    char **argv;
    int status;
};

// Stands in for the library of rules: the loader only asks whether a name is known.
int library_event(const struct library *l, const char *name);
int library_event(const struct library *l, const char *name)
{
    (void)l;
    return strcmp(name, "core-group-held") == 0 || strcmp(name, "birth") == 0 ? 0 : -1;
}

static bool import(struct db *db, char **argv, struct text *report, bool *left_aside,
                   struct error *err)
{
    static const int library;
    static const instant now = INT64_C(1712044800000000); // 2 April 2024, 09:00 in England

    if (strcmp(argv[2], "ssd") == 0)
        return import_ssd(db, argv[3], report, left_aside, err);
    if (strcmp(argv[2], "directory") == 0)
        return import_directory(db, argv[3], now, report, left_aside, err);
    if (strcmp(argv[2], "absences") == 0)
        return import_absences(db, argv[3], false, now, report, left_aside, err);
    if (strcmp(argv[2], "duty") == 0)
        return import_duty(db, argv[3], false, now, report, left_aside, err);
    return import_events(db, argv[3], (const struct library *)&library, report, left_aside, err);
}

static void run(void *arg)
{
    struct task *task = arg;
    struct db_options options = {.conninfo = task->argv[1], .role_name = "import_tool"};
    AUTO(db_auto_close) struct db *db = NULL;
    AUTO(text_done) struct text report = {0};
    struct error err = {0};
    bool left_aside = false;
    bool ok = db_open(&options, &db, &err) && import(db, task->argv, &report, &left_aside, &err);

    fputs(text_str(&report), stdout);
    if (!ok)
        printf("error: %s\n", err.text);
    task->status = ok ? left_aside : err.fault == FAULT_AWAY ? 3 : 2;
}

int main(int argc, char **argv)
{
    struct task task = {.argv = argv, .status = 2};
    struct loop *l;

    if (argc != 4)
        return 2;
    l = loop_new();
    loop_run_one(l, "import", run, &task);
    loop_free(l);
    return task.status;
}
