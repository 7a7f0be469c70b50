// Streams and events: work waits in its stream until somebody waits for it, be it the host or another stream. Which work comes before
// which is kept by vector clocks, so that what two streams do to the same bytes in no order is a fault whoever comes first.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fake.h"
#include "fake_blas.h"

struct Stream {
  Context *context;
  int number;
  uint64_t queued, done;
  Work *first, **last;
  Clock clock;
};

typedef struct {
  bool timed;
  Record *record;
} Event;

char last_words[2048];
const Clock *running_clock;
int running_stream;
static Stream *streams[MOST_STREAMS];
static int stream_count;
/// What the host knows to be done.
static Clock host;
/// How often somebody asked whether unfinished work is done: the device must get on some day.
static unsigned asked;
enum { PATIENCE = 64 };

static void merge(Clock *into, const Clock *from) {
  for (int s = 0; s < stream_count; s++)
    if (from->of[s] > into->of[s]) into->of[s] = from->of[s];
}

bool is_stream_of(const void *stream, const Context *context) {
  return stream && ((const Stream *)stream)->context == context;
}

static void release(Record *record) {
  if (record && !--record->references) free(record);
}

// MARK: work

static void drain_to(Stream *stream, uint64_t position);

static cu_result said(const char *words, cu_result code) { return snprintf(last_words, sizeof last_words, "%s", words), code; }

static cu_result copy_bytes(Context *context, Work *work) {
  char *to = work->host, *from = work->host;
  if (work->pinned && host_is_gone(work->pinned))
    return said("a copy from or to pinned memory that was freed", ILLEGAL_ADDRESS);
  if (work->is_summed && work->sum != host_sum(work->host, work->size))
    return said("the processor wrote to pinned memory before a copy from or to it was done", LAUNCH_FAILED);
  if (work->kind != TO_HOST) to = memory_at(work->to, work->size, context->device, true);
  if (work->kind != TO_DEVICE) from = memory_at(work->from, work->size, context->device, false);
  if (to && from) return memmove(to, from, work->size), TG_CU_SUCCESS;
  char words[300];
  bool races = memory_words(to ? work->from : work->to, words, sizeof words);
  snprintf(last_words, sizeof last_words, "a copy of %zu bytes: %s", work->size, words);
  return races ? LAUNCH_FAILED : ILLEGAL_ADDRESS;
}

static cu_result perform(Stream *stream, Work *work) {
  Context *context = stream->context;
  switch (work->kind) {
  case MARK: {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    work->record->time = (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
    work->record->clock = stream->clock;
    work->record->done = true;
    return TG_CU_SUCCESS;
  }
  case WAIT:
    drain_to(work->record->stream, work->record->position);
    merge(&stream->clock, &work->record->clock);
    return TG_CU_SUCCESS;
  case LAUNCH: {
    bool good = ptx_run(
      work->program, work->function, work->groups, work->lanes, work->parameters, context->device, last_words,
      sizeof last_words);
    return good ? TG_CU_SUCCESS : strstr(last_words, "out of bounds") ? ILLEGAL_ADDRESS : LAUNCH_FAILED;
  }
  case PRODUCT:
    return multiply(&work->product, context->device, last_words, sizeof last_words) ? TG_CU_SUCCESS : ILLEGAL_ADDRESS;
  default: return copy_bytes(context, work);
  }
}

static void drain_to(Stream *stream, uint64_t position) {
  while (stream->done < position) {
    Work *work = stream->first;
    stream->first = work->next;
    if (!stream->first) stream->last = &stream->first;
    merge(&stream->clock, work->asked);
    stream->clock.of[stream->number] = (uint32_t)++stream->done;
    const Clock *clock = running_clock;
    int number = running_stream;
    running_clock = &stream->clock;
    running_stream = stream->number;
    Context *context = stream->context;
    // Places are passed even where work failed: nobody waits in vain.
    if (!context->broken || work->kind == MARK || work->kind == WAIT) {
      cu_result result = perform(stream, work);
      if (result) context->broken = result;
    }
    running_clock = clock;
    running_stream = number;
    if (work->kind == TO_HOST && work->pinned) host_arrivals(work->pinned, -1);
    release(work->record);
    free(work->asked), free(work->parameters), free(work);
  }
}

static cu_result wait_for(Stream *stream) {
  drain_to(stream, stream->queued);
  merge(&host, &stream->clock);
  return stream->context->broken;
}

cu_result queue(Stream *stream, Work work) {
  Work *made = malloc(sizeof *made);
  *made = work;
  made->next = NULL;
  made->asked = malloc(sizeof host);
  *made->asked = host;
  *stream->last = made;
  stream->last = &made->next;
  stream->queued++;
  return from_environment("FAKE_CUDA_EAGER", 0) ? wait_for(stream) : TG_CU_SUCCESS;
}

// MARK: streams

cu_result cuStreamCreateWithPriority(cu_object *stream, uint32_t flags, int32_t priority) {
  ENTER_CONTEXT {
    if (flags > 1 || priority > 0 || priority < -5) {
      result = INVALID_VALUE;
    } else if (stream_count == MOST_STREAMS) {
      result = TG_CU_OUT_OF_MEMORY;
    } else {
      Stream *made = calloc(1, sizeof *made);
      made->context = context;
      made->number = stream_count;
      made->last = &made->first;
      streams[stream_count++] = made;
      *stream = made;
    }
  }
  LEAVE;
}
cu_result cuStreamCreate(cu_object *stream, uint32_t flags) { return cuStreamCreateWithPriority(stream, flags, 0); }

cu_result cuCtxGetStreamPriorityRange(int32_t *least, int32_t *greatest) {
  return *least = 0, *greatest = -5, TG_CU_SUCCESS;
}

cu_result cuStreamSynchronize(cu_object stream) {
  ENTER_CONTEXT { result = is_stream_of(stream, context) ? wait_for(stream) : INVALID_CONTEXT; }
  LEAVE;
}

cu_result cuStreamQuery(cu_object stream) {
  ENTER_CONTEXT {
    Stream *s = stream;
    if (!is_stream_of(stream, context)) result = INVALID_CONTEXT;
    else if (s->done < s->queued && ++asked % PATIENCE) result = TG_CU_NOT_READY;
    else result = wait_for(s);
  }
  LEAVE;
}

cu_result cuCtxSynchronize(void) {
  ENTER_CONTEXT {
    for (int s = 0; s < stream_count; s++)
      if (streams[s]->context == context) wait_for(streams[s]);
    result = context->broken;
  }
  LEAVE;
}

// MARK: events

cu_result cuEventCreate(cu_object *event, uint32_t flags) {
  ENTER_CONTEXT {
    Event *made = calloc(1, sizeof *made);
    made->timed = !(flags & TG_CU_EVENT_DISABLE_TIMING);
    *event = made;
  }
  LEAVE;
}

cu_result cuEventDestroy_v2(cu_object event) {
  ENTER;
  release(((Event *)event)->record);
  free(event);
  LEAVE;
}

cu_result cuEventRecord(cu_object event, cu_object stream) {
  ENTER_CONTEXT {
    Event *e = event;
    Stream *s = stream;
    if (!is_stream_of(stream, context)) {
      result = INVALID_CONTEXT;
    } else {
      release(e->record);
      e->record = calloc(1, sizeof *e->record);
      e->record->references = 2;
      e->record->stream = s;
      e->record->position = s->queued + 1;
      e->record->timed = e->timed;
      result = queue(s, (Work){.kind = MARK, .record = e->record});
    }
  }
  LEAVE;
}

cu_result cuStreamWaitEvent(cu_object stream, cu_object event, uint32_t flags) {
  ENTER_CONTEXT {
    Record *record = ((Event *)event)->record;
    if (!is_stream_of(stream, context) || flags) {
      result = INVALID_VALUE;
    } else if (record) {
      record->references++;
      result = queue(stream, (Work){.kind = WAIT, .record = record});
    }
  }
  LEAVE;
}

/// The host learns that a place was passed.
static cu_result passed(Record *record) {
  drain_to(record->stream, record->position);
  merge(&host, &record->clock);
  return record->stream->context->broken;
}

cu_result cuEventQuery(cu_object event) {
  ENTER_CONTEXT {
    Record *record = ((Event *)event)->record;
    if (record) result = record->done || ++asked % PATIENCE == 0 ? passed(record) : TG_CU_NOT_READY;
  }
  LEAVE;
}

cu_result cuEventSynchronize(cu_object event) {
  ENTER_CONTEXT {
    Record *record = ((Event *)event)->record;
    if (record) result = passed(record);
  }
  LEAVE;
}

cu_result cuEventElapsedTime(float *milliseconds, cu_object from, cu_object to) {
  ENTER_CONTEXT {
    Record *first = ((Event *)from)->record, *last = ((Event *)to)->record;
    if (!first || !last || !first->timed || !last->timed) result = INVALID_HANDLE;
    else if (!first->done || !last->done) result = TG_CU_NOT_READY;
    else *milliseconds = (float)(last->time - first->time);
  }
  LEAVE;
}

// MARK: copies

static cu_result copy(Work work, cu_object stream) {
  ENTER_CONTEXT {
    if (!is_stream_of(stream, context)) {
      result = INVALID_CONTEXT;
    } else if (work.size) {
      if (work.kind != ON_DEVICE) work.pinned = host_block(work.host, work.size);
      // Bytes that other copies are still to bring cannot be known yet.
      if (work.pinned && !host_arrivals(work.pinned, work.kind == TO_HOST)) {
        work.is_summed = true;
        work.sum = host_sum(work.host, work.size);
      }
      result = queue(stream, work);
    }
  }
  LEAVE;
}

cu_result cuMemcpyHtoDAsync_v2(cu_address to, const void *from, size_t size, cu_object stream) {
  return copy((Work){.kind = TO_DEVICE, .to = to, .host = (void *)from, .size = size}, stream);
}
cu_result cuMemcpyDtoHAsync_v2(void *to, cu_address from, size_t size, cu_object stream) {
  return copy((Work){.kind = TO_HOST, .from = from, .host = to, .size = size}, stream);
}
cu_result cuMemcpyDtoDAsync_v2(cu_address to, cu_address from, size_t size, cu_object stream) {
  return copy((Work){.kind = ON_DEVICE, .to = to, .from = from, .size = size}, stream);
}
