const struct channel_kernels ISA(cl_kernels) = {
  .products = ISA(products), .depthwise = ISA(depthwise), .greatest = ISA(greatest),
  .norms = {&ISA(cl_norms_f32), &ISA(cl_norms_bf16)}};
