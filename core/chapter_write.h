/*
 * chapter_write.h - rows of one account become a chapter (chapter.h)
 */
#ifndef CORE_CHAPTER_WRITE_H
#define CORE_CHAPTER_WRITE_H

#include "core/chapter.h"
#include "core/text.h"

/* Puts rows in the order that they have in a chapter. */
void chapter_sort(struct chapter_row *rows, uint32_t count);

/* Appends a chapter of the rows, which are in order.  Of an account with more
 * streams than a chapter holds, some plain rows become items.  The caller asks
 * text_ok().  `arena` is scratch. */
void chapter_write(struct chapter_row *rows, uint32_t count, account_id account,
                   const struct words *words, struct arena arena,
                   struct text *text);

/* At most so many bytes does the row take in a chapter, beside its stream. */
static inline uint32_t
chapter_write_size(const struct chapter_row *row)
{
    enum { FIXED = 64 };

    return FIXED + row->codes.size + row->skus.size +
           (row->lines == NULL ? 0 : row->goods * 12u);
}

#endif
