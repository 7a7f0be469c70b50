// A plan: the primitives that carry out one call, in order, with the layouts they work on. Included by onednn.c only.
//
// The caller's operands come first among the slots. Where a primitive wants another layout than the caller has, an
// operand gets an inner twin in the work buffer, and a reorder before or after. All steps share one scratchpad.
#pragma once

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "CTorchDNN.h"
#include "CTorchRuntime.h"
#include "keep.h"
#include "shim.h"

enum {
  MAX_OPERANDS = 4,
  MAX_STEPS = MAX_OPERANDS + 1,
  INNER = MAX_OPERANDS,               // slots of the inner twins
  SCRATCH = 2 * MAX_OPERANDS,         // slots of the scratchpads, one per step
  SLOTS = SCRATCH + MAX_STEPS,
  MAX_ARGUMENTS = MAX_OPERANDS + 1,
};

static _Thread_local char last_error[200] = "";

__attribute__((format(printf, 2, 3))) static int report(int status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last_error, sizeof last_error, format, arguments);
  va_end(arguments);
  return status;
}

static int report_dnnl(dnnl_status_t status, const char *action) {
  switch (status) {
    case dnnl_success: return CD_OK;
    case dnnl_unimplemented: return report(CD_UNSUPPORTED, "%s: not implemented by this oneDNN", action);
    case dnnl_out_of_memory: return report(CD_NO_MEMORY, "%s: out of memory", action);
    case dnnl_invalid_arguments: return report(CD_INVALID, "%s: oneDNN calls the arguments invalid", action);
    default: return report(CD_FAILED, "%s: oneDNN status %d", action, (int)status);
  }
}

// MARK: the engine, made at first use

static pthread_once_t engine_once = PTHREAD_ONCE_INIT;
static dnnl_engine_t the_engine;
static dnnl_primitive_attr_t plain_attr, sum_attr;  // scratchpad by the user; and the result added to the target
static dnnl_status_t engine_status;

static void make_engine(void) {
  dnnl_post_ops_t post_ops = NULL;
  dnnl_status_t s = dnnl_engine_create(&the_engine, dnnl_cpu, 0);
  if (s == dnnl_success) s = dnnl_primitive_attr_create(&plain_attr);
  if (s == dnnl_success) s = dnnl_primitive_attr_set_scratchpad_mode(plain_attr, dnnl_scratchpad_mode_user);
  if (s == dnnl_success) s = dnnl_primitive_attr_clone(&sum_attr, plain_attr);
  if (s == dnnl_success) s = dnnl_post_ops_create(&post_ops);
  if (s == dnnl_success) s = append_sum(post_ops);
  if (s == dnnl_success) s = dnnl_primitive_attr_set_post_ops(sum_attr, post_ops);
  if (post_ops) dnnl_post_ops_destroy(post_ops);
  engine_status = s;
}

static int ready(void) {
  pthread_once(&engine_once, make_engine);
  return report_dnnl(engine_status, "starting oneDNN");
}

// oneDNN 2.6 hands out wrong primitives, or crashes, when its own cache of them is emptied while another thread makes
// one (seen in a stress test). So making and emptying take turns.
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

// MARK: the plan

struct step {
  dnnl_primitive_t primitive;
  int argument_count;
  struct {
    int argument, slot;
  } arguments[MAX_ARGUMENTS];
};

/// What one run of a plan needs for itself: a stream, and memory objects that hold pointers.
struct seat {
  dnnl_stream_t stream;
  dnnl_memory_t memory[SLOTS];
  void *handle[SLOTS];
  dnnl_exec_arg_t arguments[MAX_STEPS][MAX_ARGUMENTS];
};

struct plan {
  struct kept head;
  int status;  // not CD_OK: oneDNN has nothing good for this key, and `reason` says so
  const char *reason;
  int operand_count, step_count;
  struct step steps[MAX_STEPS];
  bool used[SLOTS];
  layout layouts[SLOTS];
  size_t offsets[SLOTS];  // of inner twins and scratchpads in the work buffer
  size_t work_size;
  _Atomic(struct seat *) idle;  // the seat of the last run, for the next
};

static void seat_free(struct seat *seat) {
  if (!seat) return;
  for (int slot = 0; slot < SLOTS; slot++)
    if (seat->memory[slot]) dnnl_memory_destroy(seat->memory[slot]);
  if (seat->stream) dnnl_stream_destroy(seat->stream);
  free(seat);
}

static void plan_destroy(struct kept *head) {
  struct plan *plan = (struct plan *)head;
  seat_free(atomic_load_explicit(&plan->idle, memory_order_acquire));
  for (int i = 0; i < plan->step_count; i++) dnnl_primitive_destroy(plan->steps[i].primitive);
  for (int slot = 0; slot < SLOTS; slot++)
    if (plan->used[slot]) layout_free(&plan->layouts[slot]);
  free(plan);
}

static dnnl_status_t seat_make(struct seat **result, const struct plan *plan) {
  struct seat *seat = calloc(1, sizeof *seat);
  if (!seat) return dnnl_out_of_memory;
  dnnl_status_t status = dnnl_stream_create(&seat->stream, the_engine, dnnl_stream_default_flags);
  for (int slot = 0; slot < SLOTS && status == dnnl_success; slot++) {
    if (!plan->used[slot]) continue;
    status = dnnl_memory_create(&seat->memory[slot], DESC(&plan->layouts[slot]), the_engine, DNNL_MEMORY_NONE);
  }
  if (status != dnnl_success) {
    seat_free(seat);
    return status;
  }
  for (int i = 0; i < plan->step_count; i++) {
    const struct step *step = &plan->steps[i];
    for (int j = 0; j < step->argument_count; j++) {
      seat->arguments[i][j].arg = step->arguments[j].argument;
      seat->arguments[i][j].memory = seat->memory[step->arguments[j].slot];
    }
  }
  *result = seat;
  return dnnl_success;
}

static dnnl_status_t seat_point(struct seat *seat, int slot, void *handle) {
  if (seat->handle[slot] == handle) return dnnl_success;
  dnnl_status_t status = dnnl_memory_set_data_handle(seat->memory[slot], handle);
  seat->handle[slot] = status == dnnl_success ? handle : NULL;
  return status;
}

/// Runs the plan on the caller's operands, in the order in which the plan was given them.
static int plan_run(struct plan *plan, void *const operands[], const char *action) {
  if (plan->status != CD_OK) return report(plan->status, "%s: %s", action, plan->reason);
  struct seat *seat = atomic_exchange_explicit(&plan->idle, NULL, memory_order_acquire);
  dnnl_status_t status = seat ? dnnl_success : seat_make(&seat, plan);
  if (status != dnnl_success) return report_dnnl(status, action);

  char *work = NULL;
  if (plan->work_size > 0) {
    work = ct_scratch_borrow(plan->work_size);
    if (!work) status = dnnl_out_of_memory;
    for (int slot = INNER; slot < SLOTS && status == dnnl_success; slot++)
      if (plan->used[slot]) status = seat_point(seat, slot, work + plan->offsets[slot]);
  }
  for (int slot = 0; slot < plan->operand_count && status == dnnl_success; slot++)
    status = seat_point(seat, slot, operands[slot]);
  for (int i = 0; i < plan->step_count && status == dnnl_success; i++) {
    status = dnnl_primitive_execute(plan->steps[i].primitive, seat->stream, plan->steps[i].argument_count,
                                    seat->arguments[i]);
  }
  dnnl_status_t waited = dnnl_stream_wait(seat->stream);
  if (status == dnnl_success) status = waited;

  if (work) ct_scratch_return(work);
  struct seat *none = NULL;
  if (!atomic_compare_exchange_strong_explicit(&plan->idle, &none, seat, memory_order_release, memory_order_relaxed))
    seat_free(seat);
  return report_dnnl(status, action);
}

// MARK: making a plan

/// One operand of the main primitive: oneDNN's name for it, and how it lies in the caller's memory.
struct operand {
  int argument;
  layout *given;
  bool is_result;
};

static size_t aligned(size_t size) { return (size + 4095) / 4096 * 4096; }

/// Turns a primitive descriptor into the next step and consumes it. The scratchpad's slot follows the step's place.
static dnnl_status_t plan_add_step(struct plan *plan, dnnl_primitive_desc_t pd, int count, const int arguments[],
                                   const int slots[]) {
  struct step *step = &plan->steps[plan->step_count];
  dnnl_status_t status = dnnl_primitive_create(&step->primitive, pd);
  if (status == dnnl_success) {
    int scratch = SCRATCH + plan->step_count;
    plan->step_count += 1;
    step->argument_count = count;
    for (int i = 0; i < count; i++) {
      step->arguments[i].argument = arguments[i];
      step->arguments[i].slot = slots[i];
    }
    status = layout_of_argument(&plan->layouts[scratch], pd, DNNL_ARG_SCRATCHPAD);
    if (status == dnnl_success && layout_size(&plan->layouts[scratch]) > 0) {
      plan->used[scratch] = true;
      step->arguments[count].argument = DNNL_ARG_SCRATCHPAD;
      step->arguments[count].slot = scratch;
      step->argument_count += 1;
    } else if (status == dnnl_success) {
      layout_free(&plan->layouts[scratch]);
    }
  }
  dnnl_primitive_desc_destroy(pd);
  return status;
}

static dnnl_status_t plan_add_reorder(struct plan *plan, int from, int to) {
  dnnl_primitive_desc_t pd;
  dnnl_status_t status =
      reorder_desc(&pd, the_engine, &plan->layouts[from], &plan->layouts[to], plain_attr);
  if (status != dnnl_success) return status;
  return plan_add_step(plan, pd, 2, (const int[]){DNNL_ARG_FROM, DNNL_ARG_TO}, (const int[]){from, to});
}

/// Fills the plan with the main primitive (its descriptor is consumed) and the reorders around it.
static dnnl_status_t plan_fill(struct plan *plan, dnnl_primitive_desc_t pd, int count,
                               const struct operand operands[]) {
  dnnl_status_t status = dnnl_success;
  int arguments[MAX_OPERANDS], slots[MAX_OPERANDS];
  plan->operand_count = count;
  for (int i = 0; i < count && status == dnnl_success; i++) {
    layout *inner = &plan->layouts[INNER + i];
    status = layout_copy(&plan->layouts[i], operands[i].given);
    if (status != dnnl_success) break;
    plan->used[i] = true;
    status = layout_of_argument(inner, pd, operands[i].argument);
    if (status != dnnl_success) break;
    plan->used[INNER + i] = !layout_equal(inner, &plan->layouts[i]);
    if (!plan->used[INNER + i]) layout_free(inner);
    arguments[i] = operands[i].argument;
    slots[i] = plan->used[INNER + i] ? INNER + i : i;
    if (plan->used[INNER + i]) {
      plan->offsets[INNER + i] = plan->work_size;
      plan->work_size += aligned(layout_size(inner));
      if (!operands[i].is_result) status = plan_add_reorder(plan, i, INNER + i);
    }
  }
  if (status == dnnl_success) status = plan_add_step(plan, pd, count, arguments, slots);
  else dnnl_primitive_desc_destroy(pd);
  for (int i = 0; i < count && status == dnnl_success; i++)
    if (operands[i].is_result && plan->used[INNER + i]) status = plan_add_reorder(plan, INNER + i, i);

  size_t scratch = 0;
  for (int slot = SCRATCH; slot < SLOTS; slot++) {
    if (!plan->used[slot]) continue;
    plan->offsets[slot] = plan->work_size;
    size_t size = layout_size(&plan->layouts[slot]);
    if (size > scratch) scratch = size;
  }
  plan->work_size += aligned(scratch);
  return status;
}

/// Whether oneDNN would fall back on its slow reference loops.
static bool is_reference(const_dnnl_primitive_desc_t pd) {
  const char *name = NULL;
  if (dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name) != dnnl_success || !name) return false;
  return strncmp(name, "ref", 3) == 0 || strncmp(name, "simple:any", 10) == 0;
}

static int type_of(int32_t code, dnnl_data_type_t *type) {
  switch (code) {
    case CD_FLOAT32: *type = dnnl_f32; return CD_OK;
    case CD_BFLOAT16: *type = dnnl_bf16; return CD_OK;
    case CD_FLOAT16: *type = dnnl_f16; return CD_OK;
    default: return report(CD_UNSUPPORTED, "element type %d is not one that oneDNN computes in", (int)code);
  }
}
