// The letters of the bitmaps: strokes on a grid, so that they are sharp at any size and need no font file.

/// The printable characters of ASCII as lines.
///
/// The grid's unit is a tenth of a capital's height: capitals stand from 2 to the baseline at 12, small letters begin
/// at 5, tails end at 15. A stroke is a list of grid points, each of two digits in base 16, x then y. `~` rounds a stroke:
/// the points between its ends steer curves from the middle of one side to the middle of the next. `@` does the same
/// all the way round: a rectangle becomes an ellipse.
enum StrokeFont {
  /// The height of a capital in units of the size.
  static let capHeight = 0.72
  private static let unit = capHeight / 10
  /// Between two characters, in units of the grid.
  private static let gap = 2.8

  /// How thick the strokes of a size are.
  static func strokeWidth(_ size: Double) -> Double { size * 0.088 }

  /// How long a text is.
  static func width(_ text: String, size: Double) -> Double {
    let sum = text.unicodeScalars.reduce(0) { $0 + glyph($1).width + gap }
    return max(0, sum - gap) * unit * size
  }

  /// The strokes of a text that begins at 0, 0 on its baseline.
  static func lines(_ text: String, size: Double) -> [[Drawing.Point]] {
    var (lines, x): ([[Drawing.Point]], Double) = ([], 0)
    for scalar in text.unicodeScalars {
      let glyph = glyph(scalar)
      for stroke in glyph.strokes {
        lines.append(stroke.map { Drawing.Point((x + $0.x) * unit * size, ($0.y - 12) * unit * size) })
      }
      x += glyph.width + gap
    }
    return lines
  }

  private struct Glyph {
    var strokes: [[Drawing.Point]]
    var width: Double
  }

  private static func glyph(_ scalar: Unicode.Scalar) -> Glyph {
    if let glyph = glyphs[scalar] { return glyph }
    // Boxes as wide as the characters are about, for SVG shows these in the places that are made for boxes.
    switch displayWidth(String(scalar)) {
    case 0: return Glyph(strokes: [], width: -gap)
    case 1: return Glyph(strokes: [stroke("02525c0c02")], width: 5)
    default: return Glyph(strokes: [stroke("02b2bc0c02")], width: 11)
    }
  }

  private static let glyphs: [Unicode.Scalar: Glyph] = {
    var glyphs: [Unicode.Scalar: Glyph] = [" ": Glyph(strokes: [], width: 1.5)]
    for line in table.split(separator: "\n") {
      let words = line.split(separator: " ")
      let strokes = words.dropFirst().map { stroke(String($0)) }
      let width = strokes.joined().map(\.x).max() ?? 0
      glyphs[words[0].unicodeScalars.first!] = Glyph(strokes: strokes, width: width)
    }
    // Figures are equally wide, so that columns of them stand in line.
    for figure in "0123456789".unicodeScalars {
      let narrow = glyphs[figure]!
      let shift = (6 - narrow.width) / 2
      let strokes = narrow.strokes.map { $0.map { Drawing.Point($0.x + shift, $0.y) } }
      glyphs[figure] = Glyph(strokes: strokes, width: 6)
    }
    return glyphs
  }()

  private static func stroke(_ code: String) -> [Drawing.Point] {
    let digits = code.compactMap(\.hexDigitValue).map(Double.init)
    let points = stride(from: 0, to: digits.count - 1, by: 2).map { Drawing.Point(digits[$0], digits[$0 + 1]) }
    switch code.first {
    case "~":
      let ends = points.indices.dropFirst().dropLast().map { index in
        index == points.count - 2 ? points[index + 1] : middle(points[index], points[index + 1])
      }
      return curve(from: points[0], Array(zip(points.dropFirst(), ends)))
    case "@":
      let next = points.dropFirst() + points.prefix(1)
      let ends = zip(points, next).map { middle($0, $1) }
      return curve(from: ends.last!, Array(zip(points, ends)))
    default: return points
    }
  }

  private static func middle(_ a: Drawing.Point, _ b: Drawing.Point) -> Drawing.Point {
    Drawing.Point((a.x + b.x) / 2, (a.y + b.y) / 2)
  }

  /// Quadratic curves, each with the point that steers it and its end.
  private static func curve(
    from start: Drawing.Point, _ pieces: [(steer: Drawing.Point, end: Drawing.Point)]
  ) -> [Drawing.Point] {
    var points = [start]
    for (steer, end) in pieces {
      let from = points.last!
      for step in 1...6 {
        let t = Double(step) / 6
        let (a, b, c) = ((1 - t) * (1 - t), 2 * t * (1 - t), t * t)
        points.append(Drawing.Point(a * from.x + b * steer.x + c * end.x, a * from.y + b * steer.y + c * end.y))
      }
    }
    return points
  }

  private static let table = #"""
    A 0c428c 1979
    B 020c ~023252573707 ~0737676c3c0c
    C ~7472020c7c7a
    D 020c ~0232727c3c0c
    E 62020c6c 0757
    F 62020c 0757
    G ~7472020c7c78 7848
    H 020c 727c 0777
    I 020c
    J ~52595c0c09
    K 020c 6208 266c
    L 020c5c
    M 0c0249828c
    N 0c027c72
    O @02828c0c
    P 0c02 ~023262683808
    Q @02828c0c 598d
    R 0c02 ~023262683808 386c
    S ~64620207676c0c0a
    T 0262 323c
    U ~02080c7c7872
    V 024c82
    W 023c639cc2
    X 027c 720c
    Y 024782 474c
    Z 02720c7c
    a ~060555585c ~5828080c3c5a
    b 020c @05656c0c
    c ~5755050c5c5a
    d 626c @05656c0c
    e 0868 ~6865050c5c6a
    f ~4222252c 0545
    g @05656c0c ~656c6f0f0e
    h 020c ~080555585c
    i 050c 0202
    j ~252c2f0f 2222
    k 020c 550a 285c
    l 020c
    m 050c ~080545484c ~484585888c
    n 050c ~080555585c
    o @05656c0c
    p 050f @05656c0c
    q 656f @05656c0c
    r 050c ~080545
    s ~56550508585c0c0b
    t ~23292c4c 0545
    u ~05090c5c59 555c
    v 053c65
    w 052c456c85
    x 055c 550c
    y 053c 652f1f
    z 05550c5c
    0 @02626c0c
    1 04323c
    2 ~040262660c 0c6c
    3 ~0402626727 ~27676c0c0a
    4 4c420969
    5 621207 ~0726666c0c0a
    6 @06666c0c ~520209
    7 02622c
    8 @12525717 @07676c0c
    9 @02626808 ~656c1c
    . 0c0c
    , 1c0e
    : 0606 0c0c
    ; 1606 1c0e
    ! 0209 0c0c
    ? ~0402525729 2c2c
    - 0848
    + 0868 353b
    = 0666 0a6a
    _ 0d6d
    / 0d51
    \ 015d
    | 010e
    ( ~31073e
    ) ~01370e
    [ 31010e3e
    ] 01313e0e
    { ~4121232607 ~07282b2e4e
    } ~0121232647 ~47282b2e0e
    < 65086b
    > 05680b
    % @02323606 @58888c5c 721c
    # 221c 625c 0575 0979
    * 2228 0537 0735
    ^ 053265
    ~ ~09074b69
    ' 0204
    " 0204 2224
    ` 0224
    @ @02828e0e @25656a2a 656a8a
    & ~8c1412525408 ~54080c5c88
    $ ~64620207676c0c0a 313d
    """#
}
