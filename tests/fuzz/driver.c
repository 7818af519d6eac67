/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Runs a harness where there is no libFuzzer: inputs of the corpus as they are,
 * then changed at random, the same ones on every machine.
 *
 *   PROGRAM [-seconds=N] [-seed=N] FOLDER...    for so long, 10 unless said
 *   PROGRAM FILE...                             these inputs only
 *
 * An input that ends the program, or takes longer than LIMIT seconds, is left in
 * ./crash-input.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

enum { SIZE = 1 << 16, CORPUS = 1024, LIMIT = 30 };

typedef struct Bytes {
    unsigned char *data;
    size_t size;
} Bytes;

static Bytes corpus[CORPUS];
static unsigned corpus_cnt;
static unsigned char buffer[SIZE];
static size_t used;
static volatile int running;
static uint64_t state;

const char *const *fuzz_words __attribute__((weak));
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));
void __sanitizer_set_death_callback(void (*)(void)) __attribute__((weak));

static void keep_input(void)
{
    if (!running)
        return;
    running = 0;
    FILE *file = fopen("crash-input", "wb");
    if (file) {
        fwrite(buffer, 1, used, file);
        fclose(file);
    }
    fprintf(stderr, "the input is in ./crash-input, %zu bytes\n", used);
}

static void die(int number)
{
    if (number == SIGALRM)
        fprintf(stderr, "an input takes over %d s\n", LIMIT);
    keep_input();
    signal(number, SIG_DFL);
    raise(number == SIGALRM ? SIGABRT : number);
}

static unsigned below(size_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % n);
}

static void try(void)
{
    running = 1;
    alarm(LIMIT);
    LLVMFuzzerTestOneInput(buffer, used);
    alarm(0);
    running = 0;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void put(const void *data, size_t size)
{
    used = size < SIZE ? size : SIZE;
    memcpy(buffer, data, used);
}

/* Put bytes in the place of `cut` others. */
static void splice(size_t at, size_t cut, const void *data, size_t size)
{
    if (cut > used - at)
        cut = used - at;
    if (used - cut + size > SIZE)
        return;
    memmove(buffer + at + size, buffer + at + cut, used - at - cut);
    memcpy(buffer + at, data, size);
    used += size - cut;
}

static void change(void)
{
    static const unsigned char odd[] = { 0,    1,    0x7f, 0x80, 0xff, '"',
                                         '\\', '\n', ' ',  '0',  '-',  ':' };
    static unsigned char piece[64];
    const size_t at = below(used + 1), len = 1 + below(below(4) ? 4 : 64);
    const Bytes *other = &corpus[below(corpus_cnt)];
    unsigned words = 0;
    while (fuzz_words && fuzz_words[words])
        words++;
    switch (below(words ? 7 : 6)) {
    case 0: splice(at, 1, &odd[below(sizeof odd)], 1); break;
    case 1: splice(at, len, "", 0); break;
    case 2:
        for (size_t i = 0; i < len; i++)
            piece[i] = (unsigned char)below(256);
        splice(at, below(2) ? len : 0, piece, len);
        break;
    case 3:
        if (at < used)
            buffer[at] ^= (unsigned char)(1u << below(8));
        break;
    case 4:
        if (other->size) {
            const size_t from = below(other->size), left = other->size - from;
            splice(at, below(2) ? len : 0, other->data + from,
                   len < left ? len : left);
        }
        break;
    case 5: {
        const size_t from = below(used + 1), left = used - from;
        memcpy(piece, buffer + from, len < left ? len : left);
        splice(at, 0, piece, len < left ? len : left);
        break;
    }
    default: {
        const char *word = fuzz_words[below(words)];
        splice(at, below(2) ? strlen(word) : 0, word, strlen(word));
    }
    }
}

static void load(const char *path)
{
    struct stat st;
    if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
        struct dirent **entry;
        const int cnt = scandir(path, &entry, NULL, alphasort);
        for (int i = 0; i < cnt; i++) {
            char name[4096];
            snprintf(name, sizeof name, "%s/%s", path, entry[i]->d_name);
            if (entry[i]->d_name[0] != '.')
                load(name);
            free(entry[i]);
        }
        free(entry);
        return;
    }
    FILE *file = fopen(path, "rb");
    if (!file || corpus_cnt == CORPUS) {
        fprintf(stderr, "%s: cannot be taken\n", path);
        exit(2);
    }
    used = fread(buffer, 1, SIZE, file);
    fclose(file);
    Bytes *const input = &corpus[corpus_cnt++];
    input->size = used;
    input->data = malloc(used + 1);
    memcpy(input->data, buffer, used);
    try();
}

int main(int argc, char **argv)
{
    double seconds = 10;
    int files_only = 1;
    unsigned long runs = 0;
    static const int deadly[] = { SIGALRM, SIGABRT, SIGSEGV, SIGFPE, SIGBUS };
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(keep_input);
    for (unsigned i = 0; i < (__sanitizer_set_death_callback ? 2 : 5); i++)
        signal(deadly[i], die);
    atexit(keep_input);
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    state = 1;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        if (sscanf(argv[i], "-seconds=%lf", &seconds) == 1 ||
            sscanf(argv[i], "-seed=%lu", &state) == 1)
            continue;
        files_only &= stat(argv[i], &st) || !S_ISDIR(st.st_mode);
        load(argv[i]);
    }
    const double end = now() + seconds;
    while (!files_only && corpus_cnt && now() < end) {
        const Bytes *input = &corpus[below(corpus_cnt)];
        put(input->data, input->size);
        for (unsigned n = 1 + below(8); n; n--)
            change();
        try();
        runs++;
    }
    while (corpus_cnt)
        free(corpus[--corpus_cnt].data);
    printf("%lu changed inputs, no fault\n", runs);
    return 0;
}
