// The table of this compilation's moves.
const tk_moves TK_ISA(tk_moves) = {
  .turn = {turn_1, turn_2, turn_4, turn_8},
  .reverse = {reverse_1, reverse_2, reverse_4, reverse_8},
  .fill_dense = fill_dense,
};
