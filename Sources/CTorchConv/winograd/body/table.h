const struct conv_kernels ISA(conv) = {
  .lanes = LANES,
  .panel = PANEL,
  .height = HEIGHT,
  .multiply = ISA(multiply),
  .small = {.size = 2, .frequencies = 16, .gather = ISA(gather2), .gather_slopes = ISA(gather_slopes2),
            .scatter = ISA(scatter2), .turn = ISA(turn2), .fold = ISA(fold2)},
  .large = {.size = 4, .frequencies = 36, .gather = ISA(gather4), .gather_slopes = ISA(gather_slopes4),
            .scatter = ISA(scatter4), .turn = ISA(turn4), .fold = ISA(fold4)},
  .collect = ISA(collect),
};
