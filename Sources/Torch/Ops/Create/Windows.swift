/// Signal processing, as `torch.signal`.
public enum Signal {
  /// Windows to weigh the samples of a signal with, as `torch.signal.windows`.
  ///
  /// All take the number of samples and `sym`: symmetric to the last sample, for filters, or periodic, for spectra.
  public enum Windows {
    /// The Hann window, half a period of a raised cosine, as `torch.signal.windows.hann`.
    /// - Precondition: `M` is not negative; float32 or float64.
    public static func hann(
      _ M: Int, sym: Bool = true, dtype: DType = .float32, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor { cosines("hann", M, [0.5, 0.5], sym, dtype, device, requiresGrad) }

    /// The Hamming window, a raised cosine that does not end at 0, as `torch.signal.windows.hamming`.
    /// - Precondition: `M` is not negative; float32 or float64.
    public static func hamming(
      _ M: Int, sym: Bool = true, dtype: DType = .float32, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor { cosines("hamming", M, [0.54, 0.46], sym, dtype, device, requiresGrad) }

    /// The Blackman window, a sum of three cosines, as `torch.signal.windows.blackman`.
    /// - Precondition: `M` is not negative; float32 or float64.
    public static func blackman(
      _ M: Int, sym: Bool = true, dtype: DType = .float32, device: Device = .cpu, requiresGrad: Bool = false
    ) -> Tensor { cosines("blackman", M, [0.42, 0.5, 0.08], sym, dtype, device, requiresGrad) }

    /// The bell curve of a standard deviation in samples, as `torch.signal.windows.gaussian`.
    /// - Precondition: `M` is not negative, `std` positive; float32 or float64.
    public static func gaussian(
      _ M: Int, std: Double = 1, sym: Bool = true, dtype: DType = .float32, device: Device = .cpu,
      requiresGrad: Bool = false
    ) -> Tensor {
      window("gaussian", M, dtype, device, requiresGrad, one: nil) {
        guard std > 0 else { fault("gaussian", "std must be positive, got \(std)") }
        let start = -Double(!sym && M > 1 ? M : M - 1) / 2, scale = 1 / (std * 2.0.squareRoot())
        let k = Tensor.linspace(start * scale, (start + Double(M - 1)) * scale, M, dtype: dtype, device: device)
        return (-k.square()).exp()
      }
    }

    /// The Kaiser window, by the modified Bessel function of order 0, as `torch.signal.windows.kaiser`.
    /// - Parameter beta: the larger, the narrower.
    /// - Precondition: `M` and `beta` are not negative; float32 or float64.
    public static func kaiser(
      _ M: Int, beta: Double = 12, sym: Bool = true, dtype: DType = .float32, device: Device = .cpu,
      requiresGrad: Bool = false
    ) -> Tensor {
      window("kaiser", M, dtype, device, requiresGrad, one: 1) {
        guard beta >= 0 else { fault("kaiser", "beta cannot be negative, got \(beta)") }
        // In the window's precision, so that no square below is less than 0.
        let width = Tensor.full([], beta, dtype: dtype, device: device)
        let step = width * 2.0 / (sym ? M - 1 : M)
        let end = width.minimum(step * (M - 1) - width)
        let k = Tensor.linspace(-(width.item() as Double), end.item() as Double, M, dtype: dtype, device: device)
        // Infinite where exp is, as PyTorch's Bessel function.
        func bessel(_ x: Tensor) -> Tensor { x.i0().where(x.exp() .!= Double.infinity, Double.infinity) }
        return bessel((width * width - k.square()).sqrt()) / bessel(width)
      }
    }

    /// The sum of cosines of whole frequencies with coefficients of alternating sign.
    private static func cosines(
      _ op: StaticString, _ M: Int, _ a: [Double], _ sym: Bool, _ dtype: DType, _ device: Device, _ requiresGrad: Bool
    ) -> Tensor {
      window(op, M, dtype, device, requiresGrad, one: 1) {
        let k = Tensor.linspace(
          0.0, Double(M - 1) * (2 * .pi / Double(sym ? M - 1 : M)), M, dtype: dtype, device: device)
        let signed = a.enumerated().map { $0 % 2 == 0 ? $1 : -$1 }
        let weights = Tensor(signed, dtype: dtype).to(device).unsqueeze(1)
        let frequencies = Tensor.arange(a.count, dtype: dtype, device: device).unsqueeze(1)
        return (weights * (frequencies * k).cos()).sum(dim: 0)
      }
    }

    /// Checks what all windows want; those of no sample are empty, and `one` is what a single sample weighs.
    private static func window(
      _ op: StaticString, _ M: Int, _ dtype: DType, _ device: Device, _ requiresGrad: Bool, one: Double?,
      _ make: () -> Tensor
    ) -> Tensor {
      inOp(op) {
        guard M >= 0 else { fault(OpError(op, "the number of samples cannot be negative, got \(M)")) }
        guard dtype == .float32 || dtype == .float64 else {
          fault(OpError(op, "makes float32 and float64, not \(dtype.name)"))
        }
        let result: Tensor =
          if M == 0 {
            Tensor.empty([0], dtype: dtype, device: device)
          } else if M == 1, let one { Tensor.full([1], one, dtype: dtype, device: device) } else { noGrad { make() } }
        if requiresGrad { result.requiresGrad = true }
        return result
      }
    }
  }
}
