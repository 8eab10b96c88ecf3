#include "proofs.h"

size_t chance_below(struct chance *chance, size_t bound)
{
    /* xorshift64*, Vigna 2016 */
    chance->state ^= chance->state >> 12;
    chance->state ^= chance->state << 25;
    chance->state ^= chance->state >> 27;
    return (size_t)((chance->state * 2685821657736338717u) >> 33) % bound;
}
