// HTML of mails. Widths and colours stand both in attributes and in styles: Word reads the former,
// everything else the latter.
#include "html.h"

#include "clean.h"

#include <string.h>

const char *html_escape(struct arena *a, const char *s)
{
    AUTO(text_done) struct text out = {0};

    for (; *s; s++) {
        switch (*s) {
        case '&':
            text_add(&out, "&amp;");
            break;
        case '<':
            text_add(&out, "&lt;");
            break;
        case '>':
            text_add(&out, "&gt;");
            break;
        case '"':
            text_add(&out, "&quot;");
            break;
        case '\'':
            text_add(&out, "&#39;");
            break;
        default:
            if ((unsigned char)*s >= ' ' && *s != 0x7F)
                text_add_n(&out, s, 1);
        }
    }
    return arena_strdup(a, text_str(&out));
}

void html_page_start(struct arena *a, struct text *out, const char *title, const char *above,
                     const char *heading)
{
    text_addf(out,
              "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
              "<title>%s</title>\n</head>\n",
              html_escape(a, title));
    text_add(out, "<body bgcolor=\"#eef1f4\" style=\"margin:0;padding:0;background:#eef1f4;\">\n"
                  "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
                  "cellspacing=\"0\" border=\"0\" bgcolor=\"#eef1f4\">\n"
                  "<tr><td align=\"center\" style=\"padding:20px 8px;\">\n"
                  // Word knows no max-width: a table of its own holds it to 640.
                  "<!--[if mso]><table role=\"presentation\" width=\"640\" cellpadding=\"0\" "
                  "cellspacing=\"0\" border=\"0\"><tr><td><![endif]-->\n"
                  "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
                  "cellspacing=\"0\" border=\"0\" bgcolor=\"#ffffff\" "
                  "style=\"width:100%;max-width:640px;background:#ffffff;\">\n"
                  "<tr><td height=\"4\" bgcolor=\"#1d4e89\" "
                  "style=\"height:4px;font-size:0;line-height:0;\">&nbsp;</td></tr>\n");
    text_addf(out,
              "<tr><td style=\"padding:22px 28px 0 28px;" HTML_FONT HTML_QUIET
              "font-size:13px;line-height:18px;\">%s</td></tr>\n"
              "<tr><td style=\"padding:4px 28px 4px 28px;" HTML_FONT HTML_INK
              "font-size:21px;line-height:28px;font-weight:bold;\">%s</td></tr>\n",
              html_escape(a, above), html_escape(a, heading));
}

void html_page_say(struct arena *a, struct text *out, const char *words)
{
    text_addf(out,
              "<tr><td style=\"padding:4px 28px 6px 28px;" HTML_FONT HTML_INK
              "font-size:15px;line-height:22px;\">%s</td></tr>\n",
              html_escape(a, words));
}

void html_heading(struct arena *a, struct text *out, const char *words)
{
    text_addf(out,
              "<tr><td style=\"padding:20px 28px 4px 28px;" HTML_FONT HTML_INK
              "font-size:16px;line-height:22px;font-weight:bold;\">%s</td></tr>\n",
              html_escape(a, words));
}

static void foot_line(struct arena *a, struct text *out, const char *words)
{
    text_addf(out,
              "<tr><td style=\"padding:0 28px 4px 28px;" HTML_FONT HTML_QUIET
              "font-size:12px;line-height:18px;\">%s</td></tr>\n",
              html_escape(a, words));
}

void html_page_end(struct arena *a, struct text *out, const char *first, const char *second)
{
    text_add(out, "<tr><td height=\"18\" style=\"height:18px;font-size:0;line-height:0;\">"
                  "&nbsp;</td></tr>\n");
    if (first)
        foot_line(a, out, first);
    if (second)
        foot_line(a, out, second);
    text_add(out, "<tr><td height=\"18\" style=\"height:18px;font-size:0;line-height:0;\">"
                  "&nbsp;</td></tr>\n</table>\n"
                  "<!--[if mso]></td></tr></table><![endif]-->\n"
                  "</td></tr>\n</table>\n</body>\n</html>\n");
}

void html_link(struct arena *a, struct text *out, const char *url, const char *words)
{
    if (url && clean_is_url(url))
        text_addf(out, "<a href=\"%s\" style=\"color:#1d4e89;\">%s</a>", html_escape(a, url),
                  html_escape(a, words));
}
