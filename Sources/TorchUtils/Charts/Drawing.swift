// What a chart consists of, whatever shall become of it: an SVG text or pixels.

/// Lines, rectangles, texts and pictures on a white sheet; y goes downwards, units are points.
///
/// Every chart makes one; ``svg`` and ``bitmap(scale:)`` show the same.
public struct Drawing: Sendable {
  /// A place on the sheet.
  struct Point: Sendable, Hashable {
    var x: Double
    var y: Double

    init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
  }

  /// Which point of a text its place is.
  enum Anchor: String, Sendable {
    case start, middle, end
  }

  /// One thing on the sheet; later ones lie over earlier ones.
  enum Item: Sendable {
    case rectangle(Point, width: Double, height: Double, Color)
    /// Round ends and corners; `dash` is the length of dashes and of the gaps between them.
    case line([Point], width: Double, Color, dash: Double?)
    case dot(Point, radius: Double, Color)
    /// The place is on the baseline; `upwards` turns the text around it by a quarter to the left.
    case text(String, Point, size: Double, Color, Anchor, upwards: Bool)
    /// Pixels stay sharp when they are enlarged.
    case picture(Bitmap, Point, width: Double, height: Double)
  }

  /// The sheet's width.
  public let width: Double
  /// The sheet's height.
  public let height: Double
  private(set) var items: [Item] = []

  /// An empty sheet.
  init(width: Double, height: Double) { (self.width, self.height) = (width, height) }

  mutating func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ color: Color) {
    items.append(.rectangle(Point(x, y), width: width, height: height, color))
  }

  mutating func line(_ points: [Point], width: Double = 1, _ color: Color, dash: Double? = nil) {
    items.append(.line(points, width: width, color, dash: dash))
  }

  mutating func dot(_ point: Point, radius: Double, _ color: Color) {
    items.append(.dot(point, radius: radius, color))
  }

  mutating func text(
    _ text: String, _ x: Double, _ y: Double, size: Double = 12, color: Color = .ink, _ anchor: Anchor = .start,
    upwards: Bool = false
  ) {
    if !text.isEmpty { items.append(.text(text, Point(x, y), size: size, color, anchor, upwards: upwards)) }
  }

  mutating func picture(_ bitmap: Bitmap, _ x: Double, _ y: Double, _ width: Double, _ height: Double) {
    items.append(.picture(bitmap, Point(x, y), width: width, height: height))
  }

  /// Writes the drawing as a picture file; one that exists is replaced in one step.
  /// - Parameters:
  ///   - path: a name that ends in `.svg` or `.png`.
  ///   - scale: pixels per point of a PNG file.
  /// - Throws: ``FileError`` where the name ends otherwise or the system refuses.
  public func write(to path: String, scale: Double = 2) throws(FileError) {
    if path.lowercased().hasSuffix(".svg") {
      try writeFile(Array(svg.utf8), to: path)
    } else if path.lowercased().hasSuffix(".png") {
      try bitmap(scale: scale).write(to: path)
    } else {
      throw FileError(.unsupported, path, "a drawing is written as .svg or .png")
    }
  }
}

/// What can be drawn as a whole.
public protocol Chart {
  /// The chart on its sheet.
  var drawing: Drawing { get }
}

extension Chart {
  /// The chart as an SVG text.
  public var svg: String { drawing.svg }

  /// The chart as pixels.
  /// - Parameter scale: pixels per point.
  public func bitmap(scale: Double = 2) -> Bitmap { drawing.bitmap(scale: scale) }

  /// Writes the chart as a `.svg` or `.png` file; one that exists is replaced in one step.
  /// - Parameters:
  ///   - path: a name that ends in `.svg` or `.png`.
  ///   - scale: pixels per point of a PNG file.
  /// - Throws: ``FileError`` where the name ends otherwise or the system refuses.
  public func write(to path: String, scale: Double = 2) throws(FileError) { try drawing.write(to: path, scale: scale) }
}

/// An opaque colour of eight bits a channel.
struct Color: Sendable, Hashable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  /// From `0xrrggbb`.
  init(_ hex: UInt32) {
    (red, green, blue) = (UInt8(hex >> 16 & 0xff), UInt8(hex >> 8 & 0xff), UInt8(hex & 0xff))
  }

  static let white = Color(0xffffff)
  /// Text.
  static let ink = Color(0x24292f)
  /// Text of less weight.
  static let faint = Color(0x57606a)
  /// Lines behind the data, and finer ones.
  static let grid = Color(0xd8dee4)
  static let fineGrid = Color(0xeef1f4)

  /// Colours of series that people of every colour vision can tell apart (Okabe and Ito's, the yellow left out, which a
  /// white sheet swallows).
  static let series: [Color] = [0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x4d4d4d].map(Color.init)

  /// From white over blue to nearly black, darker all the way; `part` from 0 to 1.
  static func heat(_ part: Double) -> Color {
    let stops: [Color] = [0xf7fbff, 0xc6dbef, 0x6baed6, 0x2171b5, 0x08306b].map(Color.init)
    let place = (part.isNaN ? 0 : max(0, min(1, part))) * Double(stops.count - 1)
    let index = min(stops.count - 2, Int(place))
    return stops[index].mixed(with: stops[index + 1], place - Double(index))
  }

  func mixed(with other: Color, _ part: Double) -> Color {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Double(a) + (Double(b) - Double(a)) * part).rounded()) }
    var result = self
    (result.red, result.green) = (mix(red, other.red), mix(green, other.green))
    result.blue = mix(blue, other.blue)
    return result
  }

  /// Whether dark text is read well on it.
  var isLight: Bool { 299 * Int(red) + 587 * Int(green) + 114 * Int(blue) > 140_000 }

  /// `#rrggbb`.
  var hex: String {
    let digits = String(UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue), radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }
}
