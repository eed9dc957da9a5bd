/*
 * image.h - what an image of a journal holds, read past the product's readers
 */
#ifndef TESTS_SIM_IMAGE_H
#define TESTS_SIM_IMAGE_H

#include "core/record.h"
#include "tests/sim/disk.h"

/* The record of the stream that begins at or below the seq. */
bool image_find(const struct disk_image *image, stream_id stream, uint64_t seq,
                struct record *ret_record);
/* Where the stream ends; false: nothing of it is here. */
bool image_head(const struct disk_image *image, stream_id stream,
                stream_head *ret_head);
/* The streams of an image, in order; zeros to begin with. */
bool image_next_stream(const struct disk_image *image, stream_id *stream,
                       stream_head *ret_head);

/* Whether it holds the stream up to a record end of that seq with that hash;
 * without `exact`, just the seq. */
bool image_holds(const struct disk_image *image, stream_id stream,
                 stream_head head, bool exact);

/* Calls for each event, in the order of arrival; records that can't be read are
 * passed over. */
typedef void image_visit(void *context, const struct record_event *event);
void image_events(const struct disk_image *image, image_visit *visit,
                  void *context);

#endif
