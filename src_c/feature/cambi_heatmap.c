/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "cambi_heatmap.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/log.h"
#include "kernel/cambi/cambi.h"

#define FOLDER_MODE 0770
#define FILE_MODE 0666
#define WORDS 4096 /* converted and written at a time */

struct CambiHeatmap {
    CambiHeatmapSetup setup;
    char *folder; /* setup.folder of the first who opened it may go */
    int file[CAMBI_SCALES];
    unsigned users;
    CambiHeatmap *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static CambiHeatmap *opened;

static int refuse(int err, const char *path)
{
    log_line(VMAF_LOG_LEVEL_ERROR, "cambi: cannot write heat maps to %s: %s",
             path, strerror(err));
    return -err;
}

/* Like mkdir -p. What cannot be made shows when files are. */
static void make_folder(char *path)
{
    for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        mkdir(path, FOLDER_MODE);
        *slash = '/';
    }
    mkdir(path, FOLDER_MODE);
}

int cambi_heatmap_check(const char *folder)
{
    const size_t len = strlen(folder);
    char *const path = malloc(len + sizeof "/.");
    if (!path)
        return -ENOMEM;
    memcpy(path, folder, len + 1);
    make_folder(path);
    strcpy(path + len, "/."); /* there is none in a file */
    const int err = access(path, W_OK | X_OK) ? refuse(errno, folder) : 0;
    free(path);
    return err;
}

static int open_file(CambiHeatmap *heatmap, unsigned scale, unsigned w,
                     unsigned h)
{
    static const char format[] = "%s/cambi_heatmap_scale_%u_%ux%u_16b.gray";
    const int size = snprintf(NULL, 0, format, heatmap->folder, scale, w, h);
    char *path = malloc((size_t)size + 1);
    if (!path)
        return -ENOMEM;
    snprintf(path, (size_t)size + 1, format, heatmap->folder, scale, w, h);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    const int file = heatmap->file[scale] = open(path, flags, FILE_MODE);
    const int err = file < 0 ? refuse(errno, path) : 0;
    free(path);
    return err;
}

static void destroy(CambiHeatmap *heatmap)
{
    for (unsigned i = 0; i < CAMBI_SCALES; i++)
        if (heatmap->file[i] >= 0)
            close(heatmap->file[i]);
    free(heatmap->folder);
    free(heatmap);
}

static int create(CambiHeatmap **out, const CambiHeatmapSetup *setup)
{
    CambiHeatmap *heatmap = calloc(1, sizeof *heatmap);
    if (!heatmap)
        return -ENOMEM;
    heatmap->setup = *setup;
    for (unsigned i = 0; i < CAMBI_SCALES; i++)
        heatmap->file[i] = -1;
    heatmap->folder = strdup(setup->folder);
    int err = heatmap->folder ? 0 : -ENOMEM;
    if (!err)
        make_folder(heatmap->folder);
    unsigned w = setup->w, h = setup->h;
    for (unsigned i = 0; i < CAMBI_SCALES && !err; i++) {
        err = open_file(heatmap, i, w, h);
        w = (w + 1) / 2;
        h = (h + 1) / 2;
    }
    if (err) {
        destroy(heatmap);
        return err;
    }
    *out = heatmap;
    return 0;
}

static bool serves(const CambiHeatmap *heatmap, const CambiHeatmapSetup *setup)
{
    return heatmap->setup.context == setup->context &&
           heatmap->setup.w == setup->w && heatmap->setup.h == setup->h &&
           heatmap->setup.gain == setup->gain &&
           !strcmp(heatmap->folder, setup->folder);
}

int cambi_heatmap_open(CambiHeatmap **out, const CambiHeatmapSetup *setup)
{
    int err = 0;
    pthread_mutex_lock(&lock);
    CambiHeatmap *heatmap = opened;
    while (heatmap && !serves(heatmap, setup))
        heatmap = heatmap->next;
    if (!heatmap && !(err = create(&heatmap, setup))) {
        heatmap->next = opened;
        opened = heatmap;
    }
    if (!err)
        heatmap->users++;
    pthread_mutex_unlock(&lock);
    *out = err ? NULL : heatmap;
    return err;
}

void cambi_heatmap_close(CambiHeatmap *heatmap)
{
    if (!heatmap)
        return;
    pthread_mutex_lock(&lock);
    const bool last = !--heatmap->users;
    CambiHeatmap **link = &opened;
    while (*link != heatmap)
        link = &(*link)->next;
    if (last)
        *link = heatmap->next;
    pthread_mutex_unlock(&lock);
    if (last)
        destroy(heatmap);
}

static int write_all(int file, const void *data, size_t size, off_t at)
{
    for (const char *from = data; size;) {
        const ssize_t done = pwrite(file, from, size, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done ? errno : ENOSPC;
        from += done;
        size -= (size_t)done;
        at += done;
    }
    return 0;
}

/* Rounding in the gain's integer division can lift a word out of 16 bits. */
static uint16_t word(double gain, float contrast)
{
    const double scaled = gain * (double)contrast;
    return scaled < UINT16_MAX ? (uint16_t)scaled : UINT16_MAX;
}

int cambi_heatmap_write(CambiHeatmap *heatmap, const CambiHeat *heat)
{
    uint16_t words[WORDS];
    const off_t frame = (off_t)heat->index * (off_t)heat->n;
    for (size_t i = 0; i < heat->n; i += WORDS) {
        const size_t cnt = heat->n - i < WORDS ? heat->n - i : WORDS;
        for (size_t j = 0; j < cnt; j++)
            words[j] = word(heatmap->setup.gain, heat->map[i + j]);
        const int err =
            write_all(heatmap->file[heat->scale], words, cnt * sizeof *words,
                      (frame + (off_t)i) * (off_t)sizeof *words);
        if (err)
            return refuse(err, heatmap->folder);
    }
    return 0;
}
