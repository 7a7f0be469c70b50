const struct gemm_kernels TYPED(gemm) = {
  .item = sizeof(ITEM),
  .lanes = LANES,
  .height = HEIGHT,
  .width = WIDTH,
  .masks = HAS_MASKS,
  .strip = TYPED(strip),
  .thin = TYPED(thin),
  .pack = TYPED(pack),
  .dots = TYPED(dots),
};
