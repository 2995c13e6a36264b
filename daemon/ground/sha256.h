// SHA-256 of bytes, in hexadecimal.
#pragma once

#include <stddef.h>

void sha256_hex(const void *bytes, size_t length, char ret[65]);
