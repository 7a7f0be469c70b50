import Torch

// Normalisation with what it was done by, and normalisation across neighbouring channels.

extension F {
  /// ``batchNorm(_:_:_:weight:bias:training:momentum:eps:)`` with the batch's means and one over its deviations, as
  /// `torch.native_batch_norm`; both are empty without training and carry no gradient.
  public static func nativeBatchNorm(
    _ input: Tensor, _ weight: Tensor?, _ bias: Tensor?, _ runningMean: Tensor?, _ runningVar: Tensor?,
    training: Bool, momentum: Double, eps: Double
  ) -> (output: Tensor, mean: Tensor, scale: Tensor) {
    inOp("native_batch_norm") {
      guard input.numel() > 0 else {
        fault("native_batch_norm", "input wants at least one element; got \(input.signature)")
      }
      let output = input.batchNorm(
        runningMean: runningMean, runningVar: runningVar, weight: weight, bias: bias, training: training,
        momentum: momentum, eps: eps, takesSingle: true, op: "native_batch_norm")
      let kept = weight?.dtype ?? input.dtype
      guard training else {
        let none = Tensor.empty([0], dtype: kept, device: input.device)
        return (output, none, none.clone())
      }
      let (mean, scale) = noGrad { statistics(input, dims: [0] + Array(2..<input.ndim), eps: eps) }
      return (output, mean.flatten().to(kept), scale.flatten().to(kept))
    }
  }

  /// ``layerNorm(_:normalizedShape:weight:bias:eps:)`` with each row's mean and one over its deviation, as
  /// `torch.native_layer_norm`; both carry no gradient.
  public static func nativeLayerNorm(
    _ input: Tensor, normalizedShape: [Int], _ weight: Tensor?, _ bias: Tensor?, eps: Double
  ) -> (output: Tensor, mean: Tensor, scale: Tensor) {
    inOp("native_layer_norm") {
      let output = input.layerNorm(normalizedShape, weight: weight, bias: bias, eps: eps)
      let dims = Array((input.ndim - normalizedShape.count)..<input.ndim)
      let (mean, scale) = noGrad { statistics(input, dims: dims, eps: eps) }
      return (output, mean.to(input.dtype), scale.to(input.dtype))
    }
  }

  /// ``groupNorm(_:numGroups:weight:bias:eps:)`` with each group's mean and one over its deviation, as
  /// `torch.native_group_norm`.
  /// - Shape: input of `N * C * HxW` elements, weight and bias `[C]`; mean and scale are `[N, group]`.
  public static func nativeGroupNorm(
    _ input: Tensor, _ weight: Tensor?, _ bias: Tensor?, N: Int, C: Int, HxW: Int, group: Int, eps: Double
  ) -> (output: Tensor, mean: Tensor, scale: Tensor) {
    inOp("native_group_norm") {
      guard N >= 0, C >= 0, HxW >= 0, input.numel() == N * C * HxW, group > 0, C % group == 0 else {
        fault(
          "native_group_norm",
          "input wants N * C * HxW elements, and group to divide C; got \(input.signature), N \(N), C \(C), "
            + "HxW \(HxW), group \(group)")
      }
      let output = groupNorm(input.reshape(N, C, HxW), numGroups: group, weight: weight, bias: bias, eps: eps)
      let rows = input.reshape(N, group, C / group * HxW)
      var (mean, scale) = statistics(rows, dims: [2], eps: eps)
      // All three are results of one step: they ask for gradients where the weights alone do.
      for weights in [weight, bias] where weights?.requiresGrad ?? false {
        let zero = weights!.narrow(dim: 0, start: 0, length: 0).sum().to(mean.dtype)
        (mean, scale) = (mean + zero, scale + zero)
      }
      let kept = weight?.dtype ?? input.dtype
      return (output.view(input.shape), mean.squeeze(2).to(kept), scale.squeeze(2).to(kept))
    }
  }

  /// Mean and one over the deviation along dimensions, which are kept.
  private static func statistics(_ x: Tensor, dims: [Int], eps: Double) -> (mean: Tensor, scale: Tensor) {
    let wide = x.widened, mean = wide.mean(dim: dims, keepdim: true)
    return (mean, ((wide - mean).square().mean(dim: dims, keepdim: true) + eps).rsqrt())
  }

  /// Division by the neighbouring channels' strength, as `torch.nn.functional.local_response_norm`.
  ///
  /// Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012.
  /// - Parameter size: how many channels count as neighbours.
  /// - Shape: `[batch, channels, ...]`.
  /// - Precondition: at least 3 dimensions; `size` is positive.
  public static func localResponseNorm(
    _ input: Tensor, size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1
  ) -> Tensor {
    inOp("local_response_norm") {
      guard input.ndim >= 3 else {
        fault("local_response_norm", "input wants at least 3 dimensions; got \(input.signature)")
      }
      if input.numel() == 0 { return input }
      guard size > 0 else { fault("local_response_norm", "size wants to be above 0, is \(size)") }
      let (batch, channels) = (input.shape[0], input.shape[1])
      let squares = (input * input).reshape(batch, 1, channels, input.numel() / (batch * channels))
      let padded = squares.constantPadNd(pad: [0, 0, size / 2, (size - 1) / 2])
      let means = avgPool2d(padded, kernelSize: [size, 1], stride: 1).view(input.shape)
      return input / (means * alpha + k).pow(beta)
    }
  }

  /// `x1 * W * x2 + bias` with a matrix for each output, as `torch.nn.functional.bilinear`.
  /// - Shape: input1 `[..., in1]`, input2 `[..., in2]`, weight `[out, in1, in2]`, bias `[out]`; the result is
  ///   `[..., out]`.
  /// - Precondition: the sizes agree, and the dtypes.
  public static func bilinear(
    _ input1: Tensor, _ input2: Tensor, _ weight: Tensor, _ bias: Tensor? = nil
  ) -> Tensor {
    inOp("bilinear") {
      func refuse(_ rule: String) -> Never {
        fault(
          "bilinear", "\(rule); got \(input1.signature), \(input2.signature), weight \(weight.signature)")
      }
      guard weight.ndim == 3 else { refuse("weight wants 3 dimensions, [out, in1, in2]") }
      guard input1.ndim > 0, input1.ndim == input2.ndim, input1.shape.dropLast().elementsEqual(input2.shape.dropLast())
      else { refuse("the inputs want the same batch") }
      let (out, in1, in2) = (weight.shape[0], weight.shape[1], weight.shape[2])
      guard input1.shape.last == in1, input2.shape.last == in2 else { refuse("the inputs' last sizes do not fit") }
      guard input1.dtype == input2.dtype, input1.dtype == weight.dtype, bias == nil || bias!.dtype == weight.dtype
      else { refuse("all want one dtype; convert with to(_:)") }
      guard bias == nil || bias!.shape == [out] else { refuse("bias wants one number for each of \(out) outputs") }
      let batch = Array(input1.shape.dropLast()), count = batch.reduce(1, *)
      return withoutAutocast {
        let left = input1.widened.reshape(count, in1).matmul(weight.widened.permute(1, 0, 2).reshape(in1, out * in2))
        let product = left.view(count, out, in2).matmul(input2.widened.reshape(count, in2, 1)).view(batch + [out])
        return (bias.map { product + $0.widened } ?? product).to(input1.dtype)
      }
    }
  }
}
