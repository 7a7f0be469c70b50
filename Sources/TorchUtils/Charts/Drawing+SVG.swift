extension Drawing {
  /// The drawing as an SVG 1.1 text, equal for equal drawings.
  public var svg: String {
    let size = "width=\"\(short(width))\" height=\"\(short(height))\""
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \(size) "
        + "viewBox=\"0 0 \(short(width)) \(short(height))\" font-family=\"Helvetica, Arial, sans-serif\">",
      "<rect \(size) fill=\"#ffffff\"/>",
    ]
    lines += items.map(element)
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }

  private func element(_ item: Item) -> String {
    switch item {
    case .rectangle(let place, let width, let height, let color):
      return "<rect \(box(place, width, height)) fill=\"\(color.hex)\"/>"
    case .line(let points, let width, let color, let dash):
      let path = points.map { "\(short($0.x)),\(short($0.y))" }.joined(separator: " ")
      let dashes = dash.map { " stroke-dasharray=\"\(short($0))\"" } ?? ""
      return "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(color.hex)\" stroke-width=\"\(short(width))\" "
        + "stroke-linecap=\"round\" stroke-linejoin=\"round\"\(dashes)/>"
    case .dot(let place, let radius, let color):
      return "<circle cx=\"\(short(place.x))\" cy=\"\(short(place.y))\" r=\"\(short(radius))\" fill=\"\(color.hex)\"/>"
    case .text(let text, let place, let size, let color, let anchor, let upwards):
      let turn = upwards ? " transform=\"rotate(-90 \(short(place.x)) \(short(place.y)))\"" : ""
      return "<text x=\"\(short(place.x))\" y=\"\(short(place.y))\" font-size=\"\(short(size))\" "
        + "fill=\"\(color.hex)\" text-anchor=\"\(anchor.rawValue)\"\(turn)>\(escaped(text))</text>"
    case .picture(let bitmap, let place, let width, let height):
      return "<image \(box(place, width, height)) preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" "
        + "xlink:href=\"data:image/png;base64,\(base64(bitmap.png()))\"/>"
    }
  }

  private func box(_ place: Point, _ width: Double, _ height: Double) -> String {
    "x=\"\(short(place.x))\" y=\"\(short(place.y))\" width=\"\(short(width))\" height=\"\(short(height))\""
  }

  /// Two places at most.
  private func short(_ value: Double) -> String {
    var text = fixed(value, 2)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text.isEmpty ? "0" : text
  }

  /// Text between tags; characters that XML has no way to say become question marks.
  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case _ where scalar.value < 0x20 || scalar.value == 0xfffe || scalar.value == 0xffff: result += "?"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// Bytes in the 64 letters of RFC 4648.
func base64(_ bytes: [UInt8]) -> String {
  let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  text.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let count = min(3, bytes.count - start)
    let group = (0..<3).reduce(0) { $0 << 8 | ($1 < count ? Int(bytes[start + $1]) : 0) }
    for place in 0..<4 {
      text.append(place <= count ? letters[group >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
    }
  }
  return String(decoding: text, as: UTF8.self)
}
