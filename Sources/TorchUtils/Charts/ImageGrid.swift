import Torch

/// Images beside and below each other in one, as `torchvision.utils.make_grid`.
///
/// Images of one channel get three. A single image comes back without padding, as in torchvision.
/// - Parameters:
///   - images: a batch, or one image.
///   - nrow: how many images stand in a row.
///   - padding: pixels between images and around them.
///   - normalize: whether elements are shifted and scaled into 0 to 1.
///   - valueRange: what becomes 0 and 1 then, clamped beyond; the least and the greatest element unless told.
///   - scaleEach: whether each image is scaled by itself.
///   - padValue: the elements between the images.
/// - Shape: `[batch, channels, height, width]`, `[channels, height, width]` or `[height, width]` to
///   `[channels, rows * (height + padding) + padding, columns * (width + padding) + padding]`.
/// - Precondition: such a shape, one image or more; `nrow` positive, `padding` not negative.
public func makeGrid(
  _ images: Tensor, nrow: Int = 8, padding: Int = 2, normalize: Bool = false,
  valueRange: ClosedRange<Double>? = nil, scaleEach: Bool = false, padValue: Double = 0
) -> Tensor {
  guard (2...4).contains(images.ndim), images.numel() > 0 else {
    fault("makeGrid", "wants images [batch, channels, height, width], or one; got \(images.shape.brackets)")
  }
  if nrow < 1 || padding < 0 {
    fault("makeGrid", "wants nrow of 1 or more and no negative padding, got \(nrow), \(padding)")
  }
  return noGrad {
    var images = images
    while images.ndim < 4 { images = images.unsqueeze(0) }
    if images.shape[1] == 1 { images = images.expand(-1, 3, -1, -1) }
    if normalize {
      let parts = scaleEach ? (0..<images.shape[0]).map { images[$0] } : [images]
      let scaled = parts.map { part in
        let low = valueRange?.lowerBound ?? part.min().item()
        let high = valueRange?.upperBound ?? part.max().item()
        return part.clamp(min: .init(low), max: .init(high)).sub(low).div(max(high - low, 1e-5))
      }
      images = scaleEach ? Tensor.stack(scaled) : scaled[0]
    }
    let (count, channels, height, width) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3])
    if count == 1 { return images[0].clone() }
    let columns = min(nrow, count)
    let rows = (count + columns - 1) / columns
    let grid = Tensor.full(
      [channels, rows * (height + padding) + padding, columns * (width + padding) + padding], padValue,
      dtype: images.dtype, device: images.device)
    for index in 0..<count {
      let (y, x) = (index / columns * (height + padding) + padding, index % columns * (width + padding) + padding)
      _ = grid.narrow(dim: 1, start: y, length: height).narrow(dim: 2, start: x, length: width).copy_(images[index])
    }
    return grid
  }
}

/// Images in rows with a line of text under each.
///
/// ```swift
/// try ImageGrid(x, captions: names).write(to: "predictions.png")
/// ```
public struct ImageGrid: Sendable, Chart {
  /// What stands above.
  public var title: String
  /// How many images stand in a row.
  public var nrow: Int
  /// How wide an image is drawn, in points.
  public var cell: Double
  /// The images.
  public let images: [Bitmap]
  /// What stands under them; nothing where texts are missing.
  public let captions: [String]

  /// Takes the images of a batch.
  /// - Parameters:
  ///   - images: elements from 0, black, to 1, full.
  ///   - captions: what stands under the images.
  ///   - title: what stands above.
  ///   - nrow: how many images stand in a row.
  ///   - cell: how wide an image is drawn, in points.
  ///   - normalize: whether the elements are shifted and scaled into 0 to 1, all images alike.
  /// - Shape: `[batch, 1 or 3, height, width]`, or grey ones `[batch, height, width]`.
  /// - Precondition: such a shape, one image or more; `nrow` and `cell` positive.
  public init(
    _ images: Tensor, captions: [String] = [], title: String = "", nrow: Int = 8, cell: Double = 80,
    normalize: Bool = false
  ) {
    let batch = images.ndim == 3 ? images.unsqueeze(1) : images
    guard batch.ndim == 4, batch.numel() > 0, [1, 3].contains(batch.shape[1]) else {
      fault(
        "ImageGrid",
        "wants images [batch, 1 or 3, height, width] or [batch, height, width]; got \(images.shape.brackets)")
    }
    if nrow < 1 || !(cell > 0) { fault("ImageGrid", "wants nrow and cell of more than 0, got \(nrow), \(cell)") }
    (self.title, self.nrow, self.cell, self.captions) = (title, nrow, cell, captions)
    self.images = noGrad {
      var pixels = batch
      if normalize {
        let (low, high): (Double, Double) = (batch.min().item(), batch.max().item())
        pixels = (batch - low) / max(high - low, 1e-5)
      }
      return (0..<batch.shape[0]).map { Bitmap(pixels[$0]) }
    }
  }

  /// The images on their sheet.
  public var drawing: Drawing {
    let (gap, margin) = (8.0, 16.0)
    let tall = (cell * Double(images[0].height) / Double(images[0].width)).rounded()
    let below = captions.isEmpty ? 0.0 : 18
    let columns = min(nrow, images.count)
    let rows = (images.count + columns - 1) / columns
    let top = title.isEmpty ? margin : 48
    var sheet = Drawing(
      width: max(2 * margin + Double(columns) * (cell + gap) - gap, 2 * margin + StrokeFont.width(title, size: 16)),
      height: top + Double(rows) * (tall + below + gap) - gap + margin)
    sheet.text(title, margin, 30, size: 16)
    for (index, image) in images.enumerated() {
      let x = margin + Double(index % columns) * (cell + gap)
      let y = top + Double(index / columns) * (tall + below + gap)
      sheet.picture(image, x, y, cell, tall)
      guard index < captions.count else { continue }
      sheet.text(Self.fit(captions[index], cell), x + cell / 2, y + tall + 14, size: 11, color: .faint, .middle)
    }
    return sheet
  }

  /// As much of a text as an image is wide.
  private static func fit(_ text: String, _ width: Double) -> String {
    var text = text
    if StrokeFont.width(text, size: 11) <= width { return text }
    while !text.isEmpty, StrokeFont.width(text + "...", size: 11) > width { text.removeLast() }
    return text + "..."
  }
}
