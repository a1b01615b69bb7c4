/*
 * Makes each flush of PostgreSQL take one millisecond, whatever the disk: loaded with LD_PRELOAD into a
 * server whose data lie in memory, it stands for a disk that is always equally slow. Never for tests of
 * crashes: nothing reaches a disk.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <time.h>

static int flush(void)
{
    struct timespec millisecond = { 0, 1000000 };
    /* Without this the kernel may round the sleep up by a twentieth. */
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &millisecond, 0);
    return 0;
}

int fdatasync(int file)
{
    (void)file;
    return flush();
}

int fsync(int file)
{
    (void)file;
    return flush();
}
