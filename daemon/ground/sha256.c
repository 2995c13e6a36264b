#include "sha256.h"

#include "error.h"

#include <openssl/evp.h>

void sha256_hex(const void *bytes, size_t length, char ret[65])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[32];

    if (EVP_Digest(bytes, length, digest, NULL, EVP_sha256(), NULL) != 1)
        out_of_memory();
    for (size_t i = 0; i < sizeof digest; i++) {
        ret[2 * i] = digits[digest[i] >> 4];
        ret[2 * i + 1] = digits[digest[i] & 15];
    }
    ret[64] = '\0';
}
