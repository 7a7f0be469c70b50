import Torch
import TorchUtils

extension Image: CustomStringConvertible {
  /// Mode and size, without the pixels: `Image(RGB, 500 x 375)`.
  public var description: String { "Image(\(mode.rawValue), \(width) x \(height))" }

  /// The picture as text for a terminal: half blocks in 24-bit colours, two pixels in a character.
  ///
  /// ```swift
  /// print(try Image(contentsOf: "cat.jpg").drawn(width: 60))
  /// ```
  /// - Parameters:
  ///   - width: columns, 80 or the terminal's unless told; a smaller picture is not made larger.
  ///   - color: whether colours are wanted, unless told where standard output shows them; shades of grey otherwise.
  /// - Returns: rows joined by newlines, without a newline at the end.
  /// - Precondition: a positive width.
  public func drawn(width: Int? = nil, color: Bool? = nil) -> String {
    let room = width ?? Terminal.standardOutput.width
    if room < 1 { fault("Image.drawn", "wants a width of 1 or more, got \(room)") }
    if self.width == 0 || height == 0 { return "" }
    let inColor = color ?? (Terminal.standardOutput.wantsColor && Terminal.speaksUnicode)
    // A shade is two characters wide, half a block is one.
    let columns = min(self.width, max(1, inColor ? room : room / 2))
    let rows = max(1, (height * columns + self.width / 2) / self.width)
    if !inColor {
      let greys = convert(.l).averaged(columns, rows)
      return drawImage(greys.map { Float($0) }, width: columns, height: rows, range: 0...255)
    }
    let colours = convert(.rgb).averaged(columns, rows)
    func code(_ x: Int, _ y: Int) -> String {
      let place = (y * columns + x) * 3
      return "\(colours[place]);\(colours[place + 1]);\(colours[place + 2])"
    }
    let lines = stride(from: 0, to: rows, by: 2).map { y in
      var (line, last) = ("", "")
      for x in 0..<columns {
        let paint = "\u{1b}[38;2;\(code(x, y))" + (y + 1 < rows ? ";48;2;\(code(x, y + 1))m" : "m")
        // Flat areas need their colours told once.
        if paint != last { line += paint }
        last = paint
        line += "▀"
      }
      return line + "\u{1b}[0m"
    }
    return lines.joined(separator: "\n")
  }

  /// The mean colours of as many equal parts, of a picture of bytes.
  private func averaged(_ columns: Int, _ rows: Int) -> [UInt8] {
    let channels = mode.channels
    return pixels.withUnsafeBytes { source in
      var result: [UInt8] = []
      result.reserveCapacity(columns * rows * channels)
      for row in 0..<rows {
        let top = row * height / rows, bottom = max(top + 1, (row + 1) * height / rows)
        for column in 0..<columns {
          let left = column * width / columns, right = max(left + 1, (column + 1) * width / columns)
          for c in 0..<channels {
            var sum = 0
            for y in top..<bottom {
              for x in left..<right { sum += Int(source[(y * width + x) * channels + c]) }
            }
            let count = (bottom - top) * (right - left)
            result.append(UInt8((sum + count / 2) / count))
          }
        }
      }
      return result
    }
  }
}
