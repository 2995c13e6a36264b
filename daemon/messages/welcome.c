// The mail that brings an address (welcome.h).
#include "welcome.h"

#include "clean.h"
#include "paragraph.h"

#include <string.h>

#define NAME_CHARS_MAX 160

static const char *const steps[] = {
    "In Outlook (the new one, and on the web) open the calendar and choose Add calendar, then "
    "Subscribe from web.",
    "Paste the address.",
    "Give it a name if you like and press Import. Please do not choose Upload from file: that "
    "takes a copy, which never changes again.",
};
#define STEPS (sizeof steps / sizeof *steps)

static const char *const remarks[] = {
    "Classic Outlook: File, Account Settings, Internet Calendars, New. Apple: Calendar, File, New "
    "Calendar Subscription. Thunderbird: New Calendar, On the Network.",
    "The address is yours alone: whoever has it reads the calendar. Please do not pass it on. It "
    "ends when you leave; if it has gone astray, ask for another.",
    "Outlook looks for changes every few hours. What is due within two days therefore comes by "
    "mail as well.",
};
#define REMARKS (sizeof remarks / sizeof *remarks)

static const char *greeting(struct arena *a, const struct welcome *w)
{
    const char *name = clean_line(a, w->name, NAME_CHARS_MAX);

    return w->reader ? arena_printf(a, "%s, here is your calendar \"%s\".",
                                    clean_line(a, w->reader, NAME_CHARS_MAX), name)
                     : arena_printf(a, "Here is your calendar \"%s\".", name);
}

// The same address for devices that open a calendar by its scheme.
static const char *for_apple(struct arena *a, const struct welcome *w)
{
    const char *rest = strstr(w->address, "://");

    return arena_printf(a, "On a Mac, iPhone or iPad: webcal%s", rest ? rest : w->address);
}

static const char *text_of(struct arena *a, const struct welcome *w)
{
    AUTO(text_done) struct text out = {0};

    paragraph_add(&out, "", "", greeting(a, w));
    text_addf(&out, "\n%s\n\n", w->address);
    text_addf(&out, "%s\n\n", for_apple(a, w));
    for (size_t i = 0; i < STEPS; i++)
        paragraph_add(&out, arena_printf(a, "%zu. ", i + 1), "   ", steps[i]);
    for (size_t i = 0; i < REMARKS; i++) {
        text_add(&out, "\n");
        paragraph_add(&out, "", "", remarks[i]);
    }
    text_add(&out, "\n-- \n");
    paragraph_add(&out, "", "", clean_line(a, w->service_name, NAME_CHARS_MAX));
    if (w->help)
        paragraph_add(&out, "", "", clean_line(a, w->help, NAME_CHARS_MAX));
    return arena_strdup(a, text_str(&out));
}

static void add_address(struct arena *a, struct text *out, const char *address)
{
    text_addf(out,
              "<tr><td style=\"padding:10px 28px;\"><table width=\"100%%\" cellpadding=\"0\" "
              "cellspacing=\"0\" border=\"0\" bgcolor=\"#eef1f4\"><tr><td style=\"padding:12px "
              "14px;font-family:Consolas,'Courier New',monospace;" HTML_INK
              "font-size:14px;line-height:20px;word-break:break-all;\">%s</td></tr></table>"
              "</td></tr>\n",
              html_escape(a, address));
}

static const char *html_of(struct arena *a, const struct welcome *w)
{
    AUTO(text_done) struct text out = {0};

    html_page_start(a, &out, "timely", "Your calendar", greeting(a, w));
    add_address(a, &out, w->address);
    html_page_say(a, &out, for_apple(a, w));
    for (size_t i = 0; i < STEPS; i++)
        html_page_say(a, &out, arena_printf(a, "%zu. %s", i + 1, steps[i]));
    text_add(&out,
             "<tr><td style=\"padding:10px 20px;\"><img src=\"cid:" WELCOME_PICTURE
             "\" width=\"600\" height=\"284\" alt=\"Outlook: Add calendar, Subscribe from web, "
             "paste the address, Import\" style=\"width:100%;max-width:600px;height:auto;\">"
             "</td></tr>\n");
    for (size_t i = 0; i < REMARKS; i++)
        html_page_say(a, &out, remarks[i]);
    html_page_end(a, &out, clean_line(a, w->service_name, NAME_CHARS_MAX),
                  w->help ? clean_line(a, w->help, NAME_CHARS_MAX) : NULL);
    return arena_strdup(a, text_str(&out));
}

void welcome_render(struct arena *a, const struct welcome *w, struct rendered *ret)
{
    *ret = (struct rendered){
        .subject = "Your calendar of deadlines: how to add it",
        .text = text_of(a, w),
        .html = html_of(a, w),
    };
}
