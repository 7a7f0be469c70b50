/// A grey image as text, one line a row of pixels, each pixel two characters wide so that it looks square.
///
/// ```swift
/// print(drawImage(digit, width: 8, height: 8))
/// ```
///
/// - Parameters:
///   - pixels: The grey values, row by row; fewer than `width * height` leave the rest blank.
///   - width: Pixels in a row.
///   - height: Rows.
///   - range: The values of blank and of full; unless told, the least and the greatest finite one.
///   - unicode: Whether shades of block characters may be used; ASCII otherwise. As the locale says, unless told.
/// - Returns: The rows joined by newlines, all equally long, without a newline at the end.
public func drawImage(
  _ pixels: [Float], width: Int, height: Int, range: ClosedRange<Float>? = nil, unicode: Bool? = nil
) -> String {
  let shades = unicode ?? Terminal.speaksUnicode ? Array(" ░▒▓█") : Array(" .:-=+*#%@")
  let finite = pixels.lazy.filter(\.isFinite)
  let range = range ?? (finite.min() ?? 0)...(finite.max() ?? 0)
  let span = range.upperBound - range.lowerBound

  func shade(_ value: Float) -> Character {
    guard span > 0, !value.isNaN else { return shades[0] }
    let part = max(0, min(1, (value - range.lowerBound) / span))
    return shades[min(shades.count - 1, Int(part * Float(shades.count)))]
  }
  let rows = (0..<max(0, height)).map { row in
    var line = ""
    for column in 0..<max(0, width) {
      let index = row * width + column
      let character = index < pixels.count ? shade(pixels[index]) : " "
      line.append(character)
      line.append(character)
    }
    return line
  }
  return rows.joined(separator: "\n")
}

/// Blocks of text set beside each other, their first lines level: a row of images with a word under each.
///
/// - Parameters:
///   - blocks: Texts of one or more lines.
///   - gap: Spaces between two blocks.
/// - Returns: As many lines as the longest block has, without a newline at the end.
public func sideBySide(_ blocks: [String], gap: Int = 3) -> String {
  let blocks = blocks.map { $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
  let widths = blocks.map { block in block.map { displayWidth($0) }.max() ?? 0 }
  let space = String(repeating: " ", count: max(0, gap))
  let lines = (0..<(blocks.map(\.count).max() ?? 0)).map { line in
    zip(blocks, widths)
      .map { block, width in pad(line < block.count ? block[line] : "", to: width) }
      .joined(separator: space)
  }
  return lines.joined(separator: "\n")
}
