import CTorchGemm
import CTorchKernels
import Synchronization

// Attention's products on the processor's matrix unit. Keys, values and queries are laid out once for each head, scores become
// weights in the unit's layout, and nothing between two products is as large as the scores. A head that holds something infinite
// or NaN goes by vectors from its start.

extension TiledAttention {
  /// Queries whose scores are computed at a time: one block of the unit.
  private static let strip = 32
  /// Of the backward pass, which goes by keys first, then by queries: what lies between five products stays in the second cache.
  private static let keysAtOnce = 256, queriesAtOnce = 128

  /// Measured on one core of a Xeon with AMX, as multiples of the speed of vectors, forward / with gradients (queries x keys, width):
  /// 128 x 128, 64: 1.1 / 1.1; 192 x 192, 64: 1.2 / 1.1; 256 x 256, 64: 1.3 / 1.2; 1024 x 1024, 64: 1.5 / 1.5;
  /// 256 x 256, 32: 1.15 / 1.0; 512 x 512, 32: 1.3 / 1.2; 512 x 512, 16: 1.0 / 1.0; 64 x 1024, 64: 1.1 / 1.0.
  var suitsUnit: Bool {
    let narrow = Swift.min(width, depth), least = Swift.min(length, count)
    return backends.cpu.matrixUnits && least >= 128 && narrow >= 32
      && Double(length) * Double(count) * Double(narrow) >= 2.2e6 && Self.hasUnit
  }

  package static var hasUnit: Bool { units_available() }

  // MARK: forward

  /// False: something is infinite or NaN, and what was written is of no use.
  func forwardOnUnit(_ head: Int, into out: Matrix, _ logs: UnsafeMutablePointer<Float>) -> Bool {
    let q = matrix(query, head), k = matrix(key, head), v = matrix(value, head)
    return withRoom({ (keys: $0.panels(count, width), values: $0.panels(depth, count)) }) { laid in
      let isFinite = Flag()
      inStrips(of: count, isFinite) { part in
        layColumns(k, width, lines: part, in: laid.keys)
          && layColumns(v.turned, depth, numbers: part, in: laid.values)
      }
      guard isFinite.value else { return false }
      inStrips(of: length, isFinite) { part in
        withRoom({ StripRoom(&$0, self) }) { room in
          strips(in: part).allSatisfy { rows in
            let n = keys(of: rows.upperBound)
            guard layRows(q.from(row: rows.lowerBound), width, lines: 0..<rows.count, in: room.queries) else {
              return false
            }
            var scores = cg_panel_product(room.queries, laid.keys, rows.count, n, width, into: room.scores)
            scores.whole = true
            cg_panels_multiply(&scores)
            var block = block(room.scores, head, rows: rows, columns: 0..<n)
            var weights = tk_parts(at: room.weights.at, panel: cg_panel_bytes(count))
            guard tk_attention_weights_parts_f32(&block, logs + rows.lowerBound, room.shares, &weights) else {
              return false
            }
            var mix = cg_panel_product(
              room.weights, laid.values, rows.count, depth, n, into: out.from(row: rows.lowerBound))
            mix.times = UnsafePointer(room.shares)
            cg_panels_multiply(&mix)
            return true
          }
        }
      }
      return isFinite.value
    }
  }

  private struct StripRoom {
    let queries: cg_panels, weights: cg_panels, scores: Matrix, shares: UnsafeMutablePointer<Float>

    init(_ room: inout Room, _ attention: TiledAttention) {
      queries = room.panels(strip, attention.width)
      weights = room.panels(strip, attention.count)
      scores = room.matrix(strip, attention.count)
      shares = room.floats(strip)
    }
  }

  // MARK: backward

  /// False: something is infinite or NaN, and what was written is of no use.
  func backwardOnUnit(_ head: Int, _ all: Gradients) -> Bool {
    let q = matrix(query, head)
    return withRoom({ HeadRoom(&$0, self) }) { laid in
      tk_row_dots_f32(length, depth, laid.means, all.ofOut.start, all.ofOut.row, all.out.start, all.out.row)
      let isFinite = Flag()
      inStrips(of: length, isFinite) { part in
        layRows(q, width, lines: part, in: laid.queries)
          && layRows(q.turned, width, numbers: part, in: laid.queriesTurned)
          && layRows(all.ofOut, depth, lines: part, in: laid.slopes)
          && layRows(all.ofOut.turned, depth, numbers: part, in: laid.slopesTurned)
      }
      for first in stride(from: 0, to: count, by: laid.keyCount) where isFinite.value {
        let keys = first..<Swift.min(first + laid.keyCount, count)
        backward(head, all, keys, laid, isFinite)
      }
      return isFinite.value
    }
  }

  /// What a range of keys adds to the gradient of the queries, and the gradients of these keys and their values.
  private func backward(_ head: Int, _ all: Gradients, _ range: Range<Int>, _ laid: HeadRoom, _ isFinite: Flag) {
    let k = matrix(key, head).from(row: range.lowerBound), v = matrix(value, head).from(row: range.lowerBound)
    guard
      layColumns(k, width, lines: 0..<range.count, in: laid.keys),
      layColumns(k.turned, width, numbers: 0..<range.count, in: laid.keysTurned),
      layColumns(v, depth, lines: 0..<range.count, in: laid.values)
    else { return isFinite.clear() }
    laid.forKey.start.update(repeating: 0, count: width * laid.forKey.row)
    laid.forValue.start.update(repeating: 0, count: depth * laid.forValue.row)
    let step = Self.queriesAtOnce
    for first in stride(from: isCausal ? range.lowerBound / step * step : 0, to: length, by: step) where isFinite.value
    {
      let rows = first..<Swift.min(first + step, length)
      let n = Swift.min(range.upperBound, keys(of: rows.upperBound)) - range.lowerBound
      let seen = range.lowerBound..<range.lowerBound + n
      inStrips(of: rows.count, isFinite) { part in
        withRoom({ SlopeRoom(&$0, self, laid.keyCount) }) { room in
          strips(in: part).allSatisfy { strip in
            let queries = first + strip.lowerBound..<first + strip.upperBound
            return backward(head, all, queries, seen, laid, room, at: strip.lowerBound)
          }
        }
      }
      guard isFinite.value else { return }
      inStrips(of: n, isFinite) { part in
        sum(laid.slopesTurned, first, laid.weights, part, depth, rows.count, into: laid.forValue)
        sum(laid.queriesTurned, first, laid.forScores, part, width, rows.count, into: laid.forKey)
        return true
      }
    }
    func turn(_ from: Matrix, _ rows: Int, into to: Matrix) {
      let to = to.from(row: range.lowerBound)
      cg_turn(to.start, to.row, from.start, from.row, rows, range.count)
    }
    turn(laid.forKey, width, into: all.ofKey)
    turn(laid.forValue, depth, into: all.ofValue)
  }

  /// A strip of queries: the weights and the gradients of scores with a range of keys, and what these give to the queries.
  private func backward(
    _ head: Int, _ all: Gradients, _ rows: Range<Int>, _ keys: Range<Int>, _ laid: HeadRoom, _ room: SlopeRoom,
    at place: Int
  ) -> Bool {
    let (m, n) = (rows.count, keys.count)
    func multiply(_ a: cg_panels, _ b: cg_panels, _ k: Int, into c: Matrix) {
      var product = cg_panel_product(a, b, m, n, k, into: c)
      product.a_line = rows.lowerBound
      product.whole = true
      cg_panels_multiply(&product)
    }
    multiply(laid.queries, laid.keys, width, into: room.scores)
    var block = block(room.scores, head, rows: rows, columns: keys)
    var weights = laid.part(of: laid.weights, at: place), forScores = laid.part(of: laid.forScores, at: place)
    guard tk_attention_again_parts_f32(&block, all.logs + rows.lowerBound, &weights) else { return false }
    multiply(laid.slopes, laid.values, depth, into: room.slopes)
    var lines = tk_parts(at: room.forScores.at, panel: cg_panel_bytes(laid.keyCount))
    guard
      tk_attention_slopes_parts_f32(&block, room.slopes.start, laid.means + rows.lowerBound, &lines, &forScores)
    else { return false }
    var product = cg_panel_product(
      room.forScores, laid.keysTurned, m, width, n, into: all.ofQuery.from(row: rows.lowerBound))
    product.adds = keys.lowerBound > 0
    cg_panels_multiply(&product)
    return true
  }

  /// Adds to a gradient that lies turned, of a range of keys: the product of `a`'s numbers from `first` on with columns of `b`.
  private func sum(
    _ a: cg_panels, _ first: Int, _ b: cg_panels, _ columns: Range<Int>, _ rows: Int, _ k: Int, into c: Matrix
  ) {
    var product = cg_panel_product(
      a, b, rows, columns.count, k, into: Matrix(c.start + columns.lowerBound, c.row, 1))
    product.a_first = first
    product.b_line = columns.lowerBound
    product.whole = true
    product.adds = true
    cg_panels_multiply(&product)
  }

  private struct HeadRoom {
    let keyCount: Int
    let queries: cg_panels, queriesTurned: cg_panels, slopes: cg_panels, slopesTurned: cg_panels
    let keys: cg_panels, keysTurned: cg_panels, values: cg_panels
    /// Of a block, by columns: weights after dropout, and the gradients of the scores.
    let weights: cg_panels, forScores: cg_panels
    /// The gradients of the keys and their values, turned.
    let forKey: Matrix, forValue: Matrix
    let means: UnsafeMutablePointer<Float>

    init(_ room: inout Room, _ attention: TiledAttention) {
      let (width, depth, length) = (attention.width, attention.depth, attention.length)
      keyCount = Swift.min(keysAtOnce, attention.count)
      queries = room.panels(length, width)
      queriesTurned = room.panels(width, length)
      slopes = room.panels(length, depth)
      slopesTurned = room.panels(depth, length)
      keys = room.panels(keyCount, width)
      keysTurned = room.panels(width, keyCount)
      values = room.panels(keyCount, depth)
      weights = room.panels(keyCount, queriesAtOnce)
      forScores = room.panels(keyCount, queriesAtOnce)
      forKey = room.matrix(width, keyCount)
      forValue = room.matrix(depth, keyCount)
      means = room.floats(length)
    }

    /// A strip's place in the columns of a block.
    func part(of panels: cg_panels, at first: Int) -> tk_parts {
      let step = Int(TK_PART_STEP) * first / strip
      return tk_parts(at: panels.at + step, panel: cg_panel_bytes(queriesAtOnce))
    }
  }

  private struct SlopeRoom {
    let scores: Matrix, slopes: Matrix, forScores: cg_panels

    init(_ room: inout Room, _ attention: TiledAttention, _ keyCount: Int) {
      scores = room.matrix(strip, keyCount)
      slopes = room.matrix(strip, keyCount)
      forScores = room.panels(strip, keyCount)
    }
  }

  // MARK: strips

  /// Shares 0..<count out over the threads, in whole strips, until one of them says no.
  private func inStrips(of count: Int, _ isFinite: Flag, _ body: (Range<Int>) -> Bool) {
    let strip = Self.strip
    parallelFor((count + strip - 1) / strip, grain: 1) { range in
      unit_begin()
      defer { unit_end() }
      if !body(range.lowerBound * strip..<Swift.min(range.upperBound * strip, count)) { isFinite.clear() }
    }
  }

  private func strips(in part: Range<Int>) -> some Sequence<Range<Int>> {
    stride(from: part.lowerBound, to: part.upperBound, by: Self.strip).lazy.map {
      $0..<Swift.min($0 + Self.strip, part.upperBound)
    }
  }

  // MARK: laying out

  /// Lays out lines of `depth` numbers, by the strides of `x`: some of them, or some numbers of each.
  private func layRows(_ x: Matrix, _ depth: Int, lines: Range<Int>, in panels: cg_panels) -> Bool {
    lay(cg_panels_lay_rows, x, lines, 0..<depth, panels)
  }
  private func layRows(_ x: Matrix, _ lines: Int, numbers: Range<Int>, in panels: cg_panels) -> Bool {
    lay(cg_panels_lay_rows, x, 0..<lines, numbers, panels)
  }
  private func layColumns(_ x: Matrix, _ depth: Int, lines: Range<Int>, in panels: cg_panels) -> Bool {
    lay(cg_panels_lay_columns, x, lines, 0..<depth, panels)
  }
  private func layColumns(_ x: Matrix, _ lines: Int, numbers: Range<Int>, in panels: cg_panels) -> Bool {
    lay(cg_panels_lay_columns, x, 0..<lines, numbers, panels)
  }

  private typealias Layer = (UnsafePointer<cg_panels>, UnsafePointer<cg_panel_lines>) -> Bool

  private func lay(
    _ layer: Layer, _ x: Matrix, _ lines: Range<Int>, _ numbers: Range<Int>, _ panels: cg_panels
  ) -> Bool {
    var panels = panels
    var part = cg_panel_lines(
      from: UnsafePointer(x.start + lines.lowerBound * x.row + numbers.lowerBound * x.column), across: x.row,
      along: x.column, lines: lines.count, count: numbers.count, line: lines.lowerBound, first: numbers.lowerBound)
    return layer(&panels, &part)
  }

  /// Memory for what `plan` takes, which is asked twice: what is needed, and where it lies.
  private func withRoom<Parts, Result>(_ plan: (inout Room) -> Parts, _ body: (Parts) -> Result) -> Result {
    var needed = Room(nil)
    _ = plan(&needed)
    return withScratch(needed.used) { memory in
      var room = Room(memory)
      return body(plan(&room))
    }
  }

  /// Memory that is given out piece by piece, or only counted.
  private struct Room {
    private let base: UnsafeMutableRawPointer
    private(set) var used = 0

    init(_ base: UnsafeMutableRawPointer?) { self.base = base ?? UnsafeMutableRawPointer(bitPattern: 4096)! }

    private mutating func take(_ bytes: Int) -> UnsafeMutableRawPointer {
      defer { used += (bytes + 63) / 64 * 64 }
      return base + used
    }

    mutating func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
      take(count * 4).assumingMemoryBound(to: Float.self)
    }

    mutating func panels(_ lines: Int, _ depth: Int) -> cg_panels {
      cg_panels(at: take(Int(cg_panels_bytes(lines, depth))).assumingMemoryBound(to: CChar.self), depth: depth)
    }

    /// Rows and columns up to whole blocks; rows do not lie apart by a power of two, whose places in a cache collide.
    mutating func matrix(_ rows: Int, _ columns: Int) -> Matrix {
      let row = (columns + 31) / 32 * 32 + 16
      return Matrix(floats((rows + 31) / 32 * 32 * row), row, 1)
    }
  }

  /// True until some thread says otherwise.
  private final class Flag: Sendable {
    private let holds = Atomic(true)
    var value: Bool { holds.load(ordering: .relaxed) }
    func clear() { holds.store(false, ordering: .relaxed) }
  }
}

extension cg_panel_product {
  fileprivate init(
    _ a: cg_panels, _ b: cg_panels, _ rows: Int, _ columns: Int, _ k: Int, into c: TiledAttention.Matrix
  ) {
    self.init(
      a: a, b: b, a_line: 0, b_line: 0, a_first: 0, b_first: 0, rows: rows, columns: columns, k: k, c: c.start,
      c_row: c.row, times: nil, adds: false, whole: false)
  }
}
