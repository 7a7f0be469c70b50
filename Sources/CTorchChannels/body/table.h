const struct channel_kernels ISA(cl_kernels) = {
  .products = ISA(products), .depthwise = ISA(depthwise), .greatest = ISA(greatest),
  .plane_moments = ISA(plane_moments), .plane_affine = ISA(plane_affine), .plane_slopes = ISA(plane_slopes),
  .plane_combine = ISA(plane_combine), .pixel_moments = ISA(pixel_moments), .pixel_affine = ISA(pixel_affine),
  .pixel_slopes = ISA(pixel_slopes), .pixel_combine = ISA(pixel_combine)};
