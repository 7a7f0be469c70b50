import TorchBackend

/// The CUDA devices of this machine, as `torch.cuda`.
public enum CUDA: GPUModule {
  public static var kind: Device.Kind { .cuda }
}

/// The OpenCL devices of this machine: GPUs of any maker, and processors by PoCL. The same as ``CUDA``, for `opencl:N`.
public enum OpenCL: GPUModule {
  public static var kind: Device.Kind { .opencl }
}
