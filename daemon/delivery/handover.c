// The words of a hand-over's answer: mail servers like to repeat the recipient, whom the log must
// not name.
#include "handover.h"

#include "text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SHOWN_CHARS_MAX 190

static bool in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80;
}

// True when the mailbox's name stands in the word as a whole: "<ivy.hart>:" but not "adherence".
static bool names_mailbox(const char *word, size_t length, const char *mailbox,
                          size_t mailbox_length)
{
    for (size_t i = 0; mailbox_length > 0 && i + mailbox_length <= length; i++) {
        size_t after = i + mailbox_length;

        if (strncasecmp(word + i, mailbox, mailbox_length) == 0 &&
            (i == 0 || !in_word(word[i - 1])) && (after == length || !in_word(word[after])))
            return true;
    }
    return false;
}

static void add_without_addresses(struct text *out, const char *line, const char *secret)
{
    size_t mailbox_length = secret ? strcspn(secret, "@") : 0;

    while (*line) {
        size_t blanks = strspn(line, " "), length = strcspn(line + blanks, " ");
        const char *word = line + blanks;

        text_add_n(out, line, blanks);
        if (memchr(word, '@', length) || names_mailbox(word, length, secret, mailbox_length))
            text_add(out, "(address)");
        else
            text_add_n(out, word, length);
        line = word + length;
    }
}

void handover_say(struct handover_answer *ret, enum handover result, int code, const char *text,
                  const char *secret)
{
    AUTO(string_done) char *line = text_one_line(text, SIZE_MAX);
    AUTO(text_done) struct text out = {0};

    add_without_addresses(&out, line, secret);

    AUTO(string_done) char *shown = text_one_line(text_str(&out), SHOWN_CHARS_MAX);
    size_t room = sizeof ret->text - 1, length = strlen(shown);

    if (length > room) // not inside a character
        for (length = room; length > 0 && ((unsigned char)shown[length] & 0xC0) == 0x80; length--)
            ;
    shown[length] = '\0';
    *ret = (struct handover_answer){.result = result, .code = code};
    memcpy(ret->text, shown, length);
}
