// The table of this compilation's moves.
const tk_moves TK_ISA(tk_moves) = {
  .turn = {turn_1, turn_2, turn_4, turn_8},
  .reverse = {reverse_1, reverse_2, reverse_4, reverse_8},
  .fill_dense = fill_dense,
  .index_check = index_check,
  .index_offsets = index_offsets,
  .gather_line = {gather_line_1, gather_line_2, gather_line_4, gather_line_8},
  .scatter_line = {scatter_line_1, scatter_line_2, scatter_line_4, scatter_line_8},
  .add_line =
    {[TK_UINT8] = add_line_i8, [TK_INT8] = add_line_i8, [TK_INT16] = add_line_i16, [TK_INT32] = add_line_i32,
     [TK_INT64] = add_line_i64, [TK_FLOAT32] = add_line_f32, [TK_FLOAT64] = add_line_f64},
  .gather_items = {gather_items_1, gather_items_2, gather_items_4, gather_items_8},
  .scatter_items = {scatter_items_1, scatter_items_2, scatter_items_4, scatter_items_8},
  .find_flags = find_flags,
  .count_flags = count_flags,
  .sort_items =
    {[TK_UINT8] = sort_items_u8, [TK_INT8] = sort_items_i8, [TK_INT16] = sort_items_i16, [TK_INT32] = sort_items_i32, [TK_INT64] = sort_items_i64,
     [TK_FLOAT16] = sort_items_f16, [TK_FLOAT32] = sort_items_f32, [TK_BOOL] = sort_items_u8, [TK_BFLOAT16] = sort_items_bf16},
  .sort_store =
    {[TK_UINT8] = sort_store_u8, [TK_INT8] = sort_store_i8, [TK_INT16] = sort_store_i16, [TK_INT32] = sort_store_i32, [TK_INT64] = sort_store_i64,
     [TK_FLOAT16] = sort_store_f16, [TK_FLOAT32] = sort_store_f32, [TK_BOOL] = sort_store_u8, [TK_BFLOAT16] = sort_store_bf16},
};
