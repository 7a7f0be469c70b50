#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

import Torch

extension Drawing {
  /// The drawing as pixels, edges smoothed.
  ///
  /// Texts are drawn in a small font of the library's own, which has the printable characters of ASCII; others become
  /// boxes. SVG has them all.
  /// - Parameter scale: pixels per point.
  /// - Precondition: `scale` is positive and the picture has a hundred million pixels at most.
  public func bitmap(scale: Double = 2) -> Bitmap {
    let (columns, rows) = ((width * scale).rounded(.up), (height * scale).rounded(.up))
    guard scale > 0, columns * rows <= 1e8 else {
      fault(
        "Drawing.bitmap", "a scale of \(scale) makes a picture of \(columns) x \(rows) pixels; wants 1 to 1e8 in all")
    }
    var canvas = Canvas(width: max(1, Int(columns)), height: max(1, Int(rows)), scale: scale)
    for item in items { canvas.draw(item) }
    return canvas.bitmap
  }
}

/// Draws items into a bitmap. A shape's coverage is gathered first, the largest of its parts at each pixel, and laid on
/// once: where the parts of a line meet, nothing shows twice.
private struct Canvas {
  private(set) var bitmap: Bitmap
  private let scale: Double

  init(width: Int, height: Int, scale: Double) {
    bitmap = Bitmap(width: width, height: height)
    self.scale = scale
  }

  mutating func draw(_ item: Drawing.Item) {
    switch item {
    case .rectangle(let place, let width, let height, let color):
      fill(place.x * scale, place.y * scale, width * scale, height * scale, color)
    case .line(let points, let width, let color, let dash):
      let scaled = points.map { Drawing.Point($0.x * scale, $0.y * scale) }
      stroke(dash.map { dashed(scaled, $0 * scale) } ?? [scaled], width * scale, color)
    case .dot(let place, let radius, let color):
      stroke([[Drawing.Point(place.x * scale, place.y * scale)]], 2 * radius * scale, color)
    case .text(let text, let place, let size, let color, let anchor, let upwards):
      let width = StrokeFont.width(text, size: size)
      let shift: Double =
        switch anchor {
        case .start: 0
        case .middle: -width / 2
        case .end: -width
        }
      let lines = StrokeFont.lines(text, size: size).map { line in
        line.map { point in
          let (x, y) = (point.x + shift, point.y)
          return upwards
            ? Drawing.Point((place.x + y) * scale, (place.y - x) * scale)
            : Drawing.Point((place.x + x) * scale, (place.y + y) * scale)
        }
      }
      stroke(lines, StrokeFont.strokeWidth(size) * scale, color)
    case .picture(let picture, let place, let width, let height):
      paste(picture, place.x * scale, place.y * scale, width * scale, height * scale)
    }
  }

  private mutating func blend(_ x: Int, _ y: Int, _ color: Color, _ coverage: Double) {
    guard coverage > 0 else { return }
    bitmap[x, y] = coverage >= 1 ? color : bitmap[x, y].mixed(with: color, coverage)
  }

  /// The pixels that a span touches.
  private func pixels(_ low: Double, _ high: Double, below end: Int) -> Range<Int> {
    let first = Int(max(0, min(Double(end), low.rounded(.down))))
    return first..<max(first, Int(max(0, min(Double(end), high.rounded(.up)))))
  }

  private mutating func fill(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ color: Color) {
    for row in pixels(y, y + height, below: bitmap.height) {
      let tall = min(y + height, Double(row + 1)) - max(y, Double(row))
      for column in pixels(x, x + width, below: bitmap.width) {
        blend(column, row, color, tall * (min(x + width, Double(column + 1)) - max(x, Double(column))))
      }
    }
  }

  private mutating func paste(_ picture: Bitmap, _ x: Double, _ y: Double, _ width: Double, _ height: Double) {
    guard picture.width > 0, picture.height > 0, width > 0, height > 0 else { return }
    for row in pixels(y.rounded(), (y + height).rounded(), below: bitmap.height) {
      let from = min(picture.height - 1, max(0, Int((Double(row) + 0.5 - y) / height * Double(picture.height))))
      for column in pixels(x.rounded(), (x + width).rounded(), below: bitmap.width) {
        let at = min(picture.width - 1, max(0, Int((Double(column) + 0.5 - x) / width * Double(picture.width))))
        bitmap[column, row] = picture[at, from]
      }
    }
  }

  /// Lines of one colour with round ends and corners.
  private mutating func stroke(_ lines: [[Drawing.Point]], _ width: Double, _ color: Color) {
    let points = lines.joined()
    guard let first = points.first else { return }
    var (left, right, top, bottom) = (first.x, first.x, first.y, first.y)
    for point in points {
      (left, right) = (min(left, point.x), max(right, point.x))
      (top, bottom) = (min(top, point.y), max(bottom, point.y))
    }
    let reach = width / 2 + 1
    let columns = pixels(left - reach, right + reach, below: bitmap.width)
    let rows = pixels(top - reach, bottom + reach, below: bitmap.height)
    guard !columns.isEmpty, !rows.isEmpty else { return }
    var coverage = [Float](repeating: 0, count: columns.count * rows.count)
    for line in lines {
      for index in 0..<max(1, line.count - 1) where !line.isEmpty {
        let (a, b) = (line[index], line[min(index + 1, line.count - 1)])
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        let square = dx * dx + dy * dy
        for row in pixels(min(a.y, b.y) - reach, max(a.y, b.y) + reach, below: bitmap.height) {
          let y = Double(row) + 0.5 - a.y
          // A steep line's box is narrow; of a long slanted one only the stretch near this row counts.
          var (low, high) = (min(a.x, b.x), max(a.x, b.x))
          if abs(dy) > 1e-9 {
            let (one, two) = (a.x + dx * (y - reach * 1.5) / dy, a.x + dx * (y + reach * 1.5) / dy)
            (low, high) = (max(low, min(one, two)), min(high, max(one, two)))
          }
          for column in pixels(low - reach, high + reach, below: bitmap.width) {
            let x = Double(column) + 0.5 - a.x
            let along = square > 0 ? max(0, min(1, (x * dx + y * dy) / square)) : 0
            let (awayX, awayY) = (x - along * dx, y - along * dy)
            let distance = (awayX * awayX + awayY * awayY).squareRoot()
            let part = Float(min(min(1, width), width / 2 + 0.5 - distance))
            let index = (row - rows.lowerBound) * columns.count + column - columns.lowerBound
            if part > coverage[index] { coverage[index] = part }
          }
        }
      }
    }
    for row in rows {
      for column in columns {
        let index = (row - rows.lowerBound) * columns.count + column - columns.lowerBound
        blend(column, row, color, Double(coverage[index]))
      }
    }
  }

  /// The dashes of a line.
  private func dashed(_ points: [Drawing.Point], _ length: Double) -> [[Drawing.Point]] {
    guard length > 0, let first = points.first else { return [points] }
    var dashes: [[Drawing.Point]] = [[first]]
    var (isDrawing, left) = (true, length)
    for (start, end) in zip(points, points.dropFirst()) {
      let whole = hypot(end.x - start.x, end.y - start.y)
      var done = 0.0
      while whole - done > left {
        done += left
        let place = Drawing.Point(
          start.x + (end.x - start.x) * done / whole, start.y + (end.y - start.y) * done / whole)
        if isDrawing { dashes[dashes.count - 1].append(place) } else { dashes.append([place]) }
        (isDrawing, left) = (!isDrawing, length)
      }
      left -= whole - done
      if isDrawing { dashes[dashes.count - 1].append(end) }
    }
    return dashes
  }
}
