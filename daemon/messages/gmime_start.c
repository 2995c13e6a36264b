#include "gmime_start.h"

#include <gmime/gmime.h>
#include <pthread.h>

void gmime_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, g_mime_init);
}
