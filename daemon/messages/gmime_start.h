// GMime keeps tables of its own that are made once a process; there is nothing to pass around.
#pragma once

// Before anything else of GMime, as often as one likes.
void gmime_start(void);
