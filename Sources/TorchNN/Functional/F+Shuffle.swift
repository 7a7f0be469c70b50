import Torch

extension F {
  /// Channels spread over the pixels of a larger image, as `torch.nn.functional.pixel_shuffle`.
  ///
  /// Shi et al., "Real-Time Single Image and Video Super-Resolution", 2016.
  /// - Shape: `[..., channels * r * r, height, width]` becomes `[..., channels, height * r, width * r]`.
  /// - Precondition: `r = upscaleFactor` is positive and its square divides the channels.
  public static func pixelShuffle(_ input: Tensor, upscaleFactor: Int) -> Tensor {
    inOp("pixel_shuffle") {
      let r = upscaleFactor, n = input.ndim, got = "; got input \(input.signature), upscaleFactor \(r)"
      guard n >= 3 else { fault("pixel_shuffle", "input wants at least 3 dimensions" + got) }
      // A factor beyond every number of channels is left out, whose square might overflow.
      guard r > 0, r <= input.shape[n - 3] || input.shape[n - 3] == 0 && r < 1 << 16, input.shape[n - 3] % (r * r) == 0
      else {
        fault("pixel_shuffle", "the factor's square must divide the channels" + got)
      }
      let batch = Array(input.shape.dropLast(3)), b = batch.count
      let (channels, height, width) = (input.shape[n - 3] / (r * r), input.shape[n - 2], input.shape[n - 1])
      return input.reshape(batch + [channels, r, r, height, width])
        .permute(Array(0..<b) + [b, b + 3, b + 1, b + 4, b + 2])
        .contiguous().view(batch + [channels, height * r, width * r])
    }
  }

  /// The pixels of squares put into channels, as `torch.nn.functional.pixel_unshuffle`.
  /// - Shape: `[..., channels, height * r, width * r]` becomes `[..., channels * r * r, height, width]`.
  /// - Precondition: `r = downscaleFactor` is positive and divides height and width.
  public static func pixelUnshuffle(_ input: Tensor, downscaleFactor: Int) -> Tensor {
    inOp("pixel_unshuffle") {
      let r = downscaleFactor, n = input.ndim, got = "; got input \(input.signature), downscaleFactor \(r)"
      guard n >= 3 else { fault("pixel_unshuffle", "input wants at least 3 dimensions" + got) }
      guard r > 0, input.shape[n - 2] % r == 0, input.shape[n - 1] % r == 0 else {
        fault("pixel_unshuffle", "the factor must divide height and width" + got)
      }
      let batch = Array(input.shape.dropLast(3)), b = batch.count
      let (channels, height, width) = (input.shape[n - 3], input.shape[n - 2] / r, input.shape[n - 1] / r)
      return input.reshape(batch + [channels, height, r, width, r])
        .permute(Array(0..<b) + [b, b + 2, b + 4, b + 1, b + 3])
        .contiguous().view(batch + [channels * r * r, height, width])
    }
  }

  /// Channels dealt out among groups, as `torch.nn.functional.channel_shuffle`.
  /// - Shape: `[batch, channels, ...]`, kept.
  /// - Precondition: `groups` is positive and divides the channels.
  public static func channelShuffle(_ input: Tensor, groups: Int) -> Tensor {
    inOp("channel_shuffle") {
      let got = "; got input \(input.signature), groups \(groups)"
      guard input.ndim >= 3 else { fault("channel_shuffle", "input wants at least 3 dimensions" + got) }
      guard groups > 0, input.shape[1] % groups == 0 else {
        fault("channel_shuffle", "groups must divide the channels" + got)
      }
      let batch = input.shape[0], channels = input.shape[1], rest = Array(input.shape.dropFirst(2))
      return input.reshape([batch, groups, channels / groups] + rest).transpose(1, 2)
        .contiguous().view([batch, channels] + rest)
    }
  }

  /// The windows of an image as columns, as `torch.nn.functional.unfold`.
  /// - Shape: input `[batch, channels, height, width]` or without batch; the result is
  ///   `[batch, channels * kernel height * kernel width, windows]`.
  /// - Precondition: the window fits into the padded input; sizes are positive and padding not negative.
  public static func unfold(
    _ input: Tensor, kernelSize: some SpatialSize, dilation: some SpatialSize = 1, padding: some SpatialSize = 0,
    stride: some SpatialSize = 1
  ) -> Tensor {
    inOp("unfold") {
      let kernel = kernelSize.expanded(to: 2, "kernelSize", op: "unfold")
      let dilation = dilation.expanded(to: 2, "dilation", op: "unfold")
      let padding = padding.expanded(to: 2, "padding", op: "unfold")
      let stride = stride.expanded(to: 2, "stride", op: "unfold")
      func refuse(_ rule: String) -> Never {
        fault("unfold", "\(rule); got input \(input.signature), kernelSize \(kernel), padding \(padding)")
      }
      guard input.ndim == 3 || input.ndim == 4 else { refuse("input wants 4 dimensions, or 3 without a batch") }
      guard (kernel + dilation + stride).allSatisfy(\.isWindowSize), padding.allSatisfy(\.isWindowPadding) else {
        refuse("kernel, dilation and stride want positive numbers, padding none below 0, all below 2^31")
      }
      guard !input.dtype.isInteger else { refuse("input wants floating point or bool, as in PyTorch") }
      if input.ndim == 3 {
        return unfold(
          input.unsqueeze(0), kernelSize: kernel, dilation: dilation, padding: padding, stride: stride
        ).squeeze(0)
      }
      guard input.shape.dropFirst().allSatisfy({ $0 > 0 }) else { refuse("only the batch may have size 0") }
      if input.dtype.isHalf, input.requiresGrad {
        // Gradients of overlapping windows add up in float32.
        return unfold(input.float(), kernelSize: kernel, dilation: dilation, padding: padding, stride: stride)
          .to(input.dtype)
      }
      var x = padding == [0, 0] ? input : input.constantPadNd(pad: [padding[1], padding[1], padding[0], padding[0]])
      for i in 0..<2 {
        let span = dilation[i] * (kernel[i] - 1) + 1
        guard x.shape[2 + i] >= span else {
          refuse("the window spans \(span) at spatial dim \(i), the padded input has \(x.shape[2 + i])")
        }
        // The windows' own dimensions come last: [batch, channels, rows, columns, kernel rows, kernel columns].
        x = x.unfold(dimension: 2 + i, size: span, step: stride[i])
        if dilation[i] > 1 { x = x.slice(-1, 0, span, step: dilation[i]) }
      }
      let (rows, columns) = (x.shape[2], x.shape[3])
      return x.permute(0, 1, 4, 5, 2, 3)
        .reshape(x.shape[0], x.shape[1] * kernel[0] * kernel[1], rows * columns)
    }
  }
}
