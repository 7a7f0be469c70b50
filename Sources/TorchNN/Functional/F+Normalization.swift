import Torch

// Normalisation: numbers get mean 0 and variance 1 over some dimensions, then a scale and a shift.

extension F {
  /// Normalisation of each channel over batch and space, as `torch.nn.functional.batch_norm`.
  ///
  /// Ioffe and Szegedy, "Batch Normalization", 2015.
  /// - Parameters:
  ///   - runningMean: what evaluation normalises by; training moves it towards the batch's mean. Likewise `runningVar`.
  ///   - momentum: the share of the batch in what runs.
  ///   - eps: added to the variance, which is the biased one.
  /// - Shape: x `[batch, channels, ...]`, all else `[channels]`.
  /// - Precondition: the shapes agree, and the dtypes (weights and statistics of a half input may be float32); training
  ///   wants more than one value per channel, evaluation the running statistics.
  public static func batchNorm(
    _ x: Tensor, _ runningMean: Tensor?, _ runningVar: Tensor?, weight: Tensor? = nil, bias: Tensor? = nil,
    training: Bool = false, momentum: Double = 0.1, eps: Double = 1e-5
  ) -> Tensor {
    x.batchNorm(
      runningMean: runningMean, runningVar: runningVar, weight: weight, bias: bias, training: training,
      momentum: momentum, eps: eps)
  }

  /// Normalisation over groups of channels and space of each sample, as `torch.nn.functional.group_norm`.
  ///
  /// Wu and He, "Group Normalization", 2018.
  /// - Shape: x `[batch, channels, ...]`, weight and bias `[channels]`.
  /// - Precondition: `numGroups` divides the channels; the shapes and dtypes agree.
  public static func groupNorm(
    _ x: Tensor, numGroups: Int, weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
  ) -> Tensor {
    inOp("group_norm") {
      let got = "; got input \(x.signature), numGroups \(numGroups)"
      guard x.isFloatingPoint() else { fault("group_norm", "input wants floating point" + got) }
      guard x.ndim >= 2 else { fault("group_norm", "input wants at least 2 dimensions, [batch, channels, ...]" + got) }
      guard numGroups > 0, x.shape[1] % numGroups == 0 else {
        fault("group_norm", "numGroups wants to divide the \(x.shape[1]) channels" + got)
      }
      x.checkPerChannel(weight, "weight", "group_norm")
      x.checkPerChannel(bias, "bias", "group_norm")
      if x.numel() == 0 { return scaled(x.clone(), weight, bias) }
      return x.groupNorm(numGroups, weight: weight, bias: bias, eps: eps)
    }
  }

  /// Normalisation of each channel of each sample over space, as `torch.nn.functional.instance_norm`.
  ///
  /// Ulyanov, Vedaldi and Lempitsky, "Instance Normalization", 2016.
  /// - Parameter useInputStats: false normalises by `runningMean` and `runningVar`, as evaluation does.
  /// - Shape: x `[batch, channels, ...]`, all else `[channels]`.
  /// - Precondition: as ``batchNorm(_:_:_:weight:bias:training:momentum:eps:)``.
  public static func instanceNorm(
    _ x: Tensor, runningMean: Tensor? = nil, runningVar: Tensor? = nil, weight: Tensor? = nil, bias: Tensor? = nil,
    useInputStats: Bool = true, momentum: Double = 0.1, eps: Double = 1e-5
  ) -> Tensor {
    inOp("instance_norm") {
      let got = "; got input \(x.signature)"
      guard x.ndim >= 3 else {
        fault("instance_norm", "input wants at least 3 dimensions, [batch, channels, ...]" + got)
      }
      if !useInputStats {
        return x.batchNorm(
          runningMean: runningMean, runningVar: runningVar, weight: weight, bias: bias, training: false,
          momentum: momentum, eps: eps, op: "instance_norm")
      }
      let (batch, channels) = (x.shape[0], x.shape[1])
      guard x.shape.dropFirst(2).reduce(1, *) > 1 else {
        fault("instance_norm", "wants more than 1 value per channel in space" + got)
      }
      // Each channel of each sample is a channel of one batch norm.
      func spread(_ t: Tensor?) -> Tensor? { t?.repeat([batch]) }
      let means = spread(runningMean?.detach()), variances = spread(runningVar?.detach())
      let normal = x.reshape([1, batch * channels] + Array(x.shape.dropFirst(2))).batchNorm(
        runningMean: means, runningVar: variances, weight: spread(weight), bias: spread(bias), training: true,
        momentum: momentum, eps: eps, op: "instance_norm")
      noGrad {
        for (running, learnt) in [(runningMean, means), (runningVar, variances)] {
          if let running, let learnt { running.copy_(learnt.view(batch, channels).mean(dim: 0)) }
        }
      }
      return normal.view(x.shape)
    }
  }

  /// Division by the root of the mean square over the last dimensions, then a scale, as `torch.nn.functional.rms_norm`.
  ///
  /// Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.
  /// - Parameter eps: added to the mean square; nil for the smallest step at 1 of the dtype that is computed in.
  /// - Shape: x `[..., normalizedShape]`, weight `normalizedShape`.
  /// - Precondition: the shapes agree; the dtype is floating point.
  public static func rmsNorm(
    _ x: Tensor, normalizedShape: [Int], weight: Tensor? = nil, eps: Double? = nil
  ) -> Tensor {
    inOp("rms_norm") {
      let got = "; got input \(x.signature), normalizedShape \(normalizedShape)"
      guard x.isFloatingPoint() else { fault("rms_norm", "input wants floating point" + got) }
      guard !normalizedShape.isEmpty, x.ndim >= normalizedShape.count,
        x.shape.suffix(normalizedShape.count).elementsEqual(normalizedShape)
      else { fault("rms_norm", "the input's last sizes want to be normalizedShape, which wants at least 1 size" + got) }
      if let weight, !weight.shape.elementsEqual(normalizedShape) {
        fault("rms_norm", "weight wants the shape \(normalizedShape), is \(weight.signature)")
      }
      let wide = x.widened
      let step = wide.dtype == .float64 ? Double.ulpOfOne : Double(Float.ulpOfOne)
      let dims = Array((x.ndim - normalizedShape.count)..<x.ndim)
      let root = (wide.square().mean(dim: dims, keepdim: true) + (eps ?? step)).rsqrt()
      let normal = wide * root
      return (weight.map { normal * $0.to(wide.dtype) } ?? normal).to(x.dtype)
    }
  }

  /// `x * weight + bias`, a number for each channel.
  private static func scaled(_ x: Tensor, _ weight: Tensor?, _ bias: Tensor?) -> Tensor {
    var shape = [Int](repeating: 1, count: x.ndim)
    shape[1] = x.shape[1]
    let product = weight.map { x * $0.to(x.dtype).view(shape) } ?? x
    return bias.map { product + $0.to(x.dtype).view(shape) } ?? product
  }
}
