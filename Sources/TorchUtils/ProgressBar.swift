// Progress on the screen: a bar that redraws itself on a terminal, a line now and then in a log.

/// A progress bar that is told by hand how far things are.
///
/// ```swift
/// let meter = ProgressMeter("Reading", total: files.count)
/// for file in files { read(file); meter.advance() }
/// meter.finish()
/// ```
///
/// On a terminal the line is redrawn at most every 0.1 s. Elsewhere a line is printed when a tenth of the way is done
/// and a second has passed since the last line, or when ten seconds have, and one at the end.
/// It belongs to one thread.
public final class ProgressMeter {
  /// The values shown now; `package` for the tests.
  package private(set) var state: ProgressState
  private let terminal: Terminal
  private let isLive: Bool
  private let leave: Bool
  private let clock: () -> Double
  private let output: (String) -> Void
  private var start: Double
  private var lastShown: Double
  private var lastTenth = 0
  /// Whether a live line stands on the screen.
  private var isDrawn = false
  private var isFinished = false

  /// Starts the clock.
  ///
  /// - Parameters:
  ///   - label: What stands before the bar.
  ///   - total: Steps in all; nil where nobody knows, and then there is no bar, only counts.
  ///   - unit: What the rate counts, `"it"` unless told. With `"B"` steps are bytes, shown as kB, MB or GB.
  ///   - unitScale: How many units one step is: a loader's batch size makes the rate that of samples.
  ///   - leave: Whether the finished bar stays on the terminal; a log keeps its last line in any case.
  ///   - terminal: Where to draw.
  public convenience init(
    _ label: String = "", total: Int? = nil, unit: String = "it", unitScale: Int = 1, leave: Bool = true,
    terminal: Terminal = .standardOutput
  ) {
    let state = ProgressState(label: label, total: total, unit: unit, unitScale: unitScale)
    self.init(state, leave: leave, terminal: terminal, isIdle: false)
  }

  /// On a terminal; an idle meter shows nothing before `restart`.
  fileprivate convenience init(_ state: ProgressState, leave: Bool, terminal: Terminal, isIdle: Bool) {
    self.init(
      state, leave: leave, terminal: terminal, isLive: terminal.isInteractive, isIdle: isIdle,
      clock: monotonicSeconds, output: terminal.write)
  }

  /// With a clock and an output of one's own, for tests.
  package init(
    _ state: ProgressState, leave: Bool = true, terminal: Terminal = .standardOutput, isLive: Bool,
    isIdle: Bool = false, clock: @escaping () -> Double, output: @escaping (String) -> Void
  ) {
    (self.state, self.leave, self.terminal, self.isLive) = (state, leave, terminal, isLive)
    (self.clock, self.output) = (clock, output)
    start = clock()
    lastShown = start
    isFinished = isIdle
    if isLive && !isIdle { draw() }
  }

  deinit { finish() }

  /// Goes on by some steps.
  public func advance(by steps: Int = 1) {
    state.done += steps
    refresh()
  }

  /// Sets the values at the end of the line, in the order written: `["loss": "0.1234", "acc": "97.1%"]`.
  public func setPostfix(_ values: KeyValuePairs<String, String>) {
    state.postfix = values.map { ($0.key, $0.value) }
    refresh()
  }

  /// Prints a line of text without spoiling the bar.
  public func write(_ line: String) {
    if isDrawn { output("\r\u{1b}[2K\(line)\n") } else { output(line + "\n") }
    if isDrawn { draw() }
  }

  /// Draws the last state and ends the line; later calls do nothing.
  public func finish() {
    guard !isFinished else { return }
    isFinished = true
    state.elapsed = clock() - start
    if !isLive {
      output(state.line + "\n")
    } else if leave {
      draw()
      output("\n")
    } else if isDrawn {
      output("\r\u{1b}[2K")
    }
    isDrawn = false
  }

  /// Starts anew: the clock, the count and the values.
  func restart() {
    start = clock()
    (lastShown, lastTenth, isFinished) = (start, 0, false)
    (state.done, state.elapsed, state.postfix) = (0, 0, [])
    if isLive { draw() }
  }

  private func refresh() {
    guard !isFinished else { return }
    let now = clock()
    let waited = now - lastShown
    if isLive {
      guard waited >= 0.1 else { return }
      state.elapsed = now - start
      lastShown = now
      draw()
      return
    }
    let tenth = state.fraction.map { Int($0 * 10) } ?? 0
    guard waited >= 10 || (waited >= 1 && tenth > lastTenth) else { return }
    // The end prints its own line.
    if state.fraction == 1 { return }
    state.elapsed = now - start
    (lastShown, lastTenth) = (now, tenth)
    output(state.line + "\n")
  }

  private func draw() {
    // The last column stays free: some terminals wrap when it is filled.
    let text = state.bar(
      width: max(1, terminal.width - 1), unicode: Terminal.speaksUnicode, color: terminal.wantsColor)
    output("\r\(text)\u{1b}[K")
    isDrawn = true
  }
}

/// A sequence that shows on the screen how far its loop is, as tqdm does.
///
/// ```swift
/// for (x, y) in ProgressBar(loader, "Epoch 1/50") { ... }
///
/// let bar = ProgressBar(loader, "Epoch 1/50", unit: "img", unitScale: 64)
/// for (x, y) in bar {
///   ...
///   bar.setPostfix(["loss": fixed(loss.item(), 4), "acc": "97.1%"])
/// }
/// ```
///
/// The total is the sequence's own count where it tells one. Leaving the loop early closes the line too. See
/// ``ProgressMeter`` for when it draws.
public final class ProgressBar<Base: Sequence>: Sequence {
  private let base: Base
  private let meter: ProgressMeter

  /// Wraps a sequence; nothing is drawn before the loop asks for the first element.
  ///
  /// - Parameters:
  ///   - base: What to loop over.
  ///   - label: What stands before the bar.
  ///   - total: Steps in all, where `base` does not know them.
  ///   - unit: What the rate counts, `"it"` unless told.
  ///   - unitScale: How many units one step is: a loader's batch size makes the rate that of samples.
  ///   - leave: Whether the finished bar stays on the terminal.
  ///   - terminal: Where to draw.
  public init(
    _ base: Base, _ label: String = "", total: Int? = nil, unit: String = "it", unitScale: Int = 1, leave: Bool = true,
    terminal: Terminal = .standardOutput
  ) {
    self.base = base
    let count = base.underestimatedCount
    let state = ProgressState(
      label: label, total: total ?? (count > 0 || base is any Collection ? count : nil), unit: unit,
      unitScale: unitScale)
    meter = ProgressMeter(state, leave: leave, terminal: terminal, isIdle: true)
  }

  /// Over a meter of one's own, for tests.
  package init(_ base: Base, meter: ProgressMeter) {
    (self.base, self.meter) = (base, meter)
  }

  /// Sets the values at the end of the line, in the order written.
  public func setPostfix(_ values: KeyValuePairs<String, String>) { meter.setPostfix(values) }

  /// Prints a line of text without spoiling the bar.
  public func write(_ line: String) { meter.write(line) }

  public func makeIterator() -> Iterator {
    meter.restart()
    return Iterator(base: base.makeIterator(), run: Run(meter))
  }

  public var underestimatedCount: Int { base.underestimatedCount }

  /// Ends the line when the last copy of the iterator goes: at the end of the loop, however it ends.
  fileprivate final class Run {
    let meter: ProgressMeter

    init(_ meter: ProgressMeter) { self.meter = meter }

    deinit { meter.finish() }
  }

  /// Counts the steps: one is done when the next is asked for.
  public struct Iterator: IteratorProtocol {
    fileprivate var base: Base.Iterator
    fileprivate let run: Run
    fileprivate var isInside = false

    fileprivate init(base: Base.Iterator, run: Run) {
      (self.base, self.run) = (base, run)
    }

    public mutating func next() -> Base.Element? {
      if isInside { run.meter.advance() }
      guard let element = base.next() else {
        isInside = false
        run.meter.finish()
        return nil
      }
      isInside = true
      return element
    }
  }
}
