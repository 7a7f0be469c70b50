#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// Connectionist temporal classification: the likelihood of a sequence of labels under all its alignments in time.

/// The negative logarithms of the likelihoods, `[batch]`, of `[time, batch, classes]`.
struct CTCLoss: Op {
  let samples: [CTCSample]
  let blank: Int
  let zeroInfinity: Bool
  var name: StaticString { "ctc_loss" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0]
    let (time, batch, classes) = (x.shape[0], x.shape[1], x.shape[2])
    let scores = x.array(Double.self)
    // As in PyTorch, the slope at an impossible class is no number.
    let likely = x.to(.float64).exp().maskedFill(x .== -Double.infinity, value: Double.nan)
    var losses = [Double](repeating: 0, count: batch), slopes = likely.array(Double.self)
    let states = samples.reduce(1) { max($0, 2 * $1.labels.count + 1) }
    scores.withUnsafeBufferPointer { scores in
      slopes.withUnsafeMutableBufferPointer { slopes in
        losses.withUnsafeMutableBufferPointer { losses in
          parallelFor(batch, grain: max(Self.grain / max(time * states, 1), 1)) { range in
            for n in range {
              let place = CTCPlace(sample: n * classes, time: batch * classes)
              losses[n] = perform(samples[n], scores, slopes, place, time: time, classes: classes)
            }
          }
        }
      }
    }
    saving.input(0)
    saving.constant(Tensor(slopes, dtype: .float64).to(x.device, x.dtype).view(x.shape))
    return [Tensor(losses, dtype: .float64).to(x.device, x.dtype)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    return [CTCLossGradient()(g, saved[1], saved[0])]
  }

  /// How many steps of the recursion a thread takes at least.
  private static let grain = 2000

  /// The loss of a sample; turns its slopes, which are its probabilities, into those of the loss.
  private func perform(
    _ sample: CTCSample, _ scores: UnsafeBufferPointer<Double>, _ slopes: UnsafeMutableBufferPointer<Double>,
    _ place: CTCPlace, time: Int, classes: Int
  ) -> Double {
    let lattice = CTCLattice(sample, blank: blank, scores: scores, place: place)
    let counts = !(zeroInfinity && lattice.loss == .infinity)
    for t in (counts ? sample.time : 0)..<time {
      for c in 0..<classes { slopes[place(t, c)] = 0 }
    }
    if counts { lattice.subtractShares(from: slopes, classes: classes) }
    return counts ? lattice.loss : 0
  }
}

/// Each sample's slopes times its gradient, `[time, batch, classes]`. The input is there for what depends on it.
struct CTCLossGradient: Op {
  var name: StaticString { "ctc_loss_backward" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] { [inputs[0].unsqueeze(-1) * inputs[1]] }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    fault("ctc_loss", "is not twice differentiable, as in PyTorch")
  }
}

/// Where a sample's classes lie in a block of `[time, batch, classes]`.
struct CTCPlace {
  let sample: Int, time: Int

  @inline(__always)
  func callAsFunction(_ t: Int, _ c: Int) -> Int { sample + t * time + c }
}

/// The labels of a sample, and over how many steps they are spread.
struct CTCSample: Sendable {
  let labels: [Int]
  let time: Int
}

/// The sums over all ways through the states of a sample: its labels with blanks before, between and after them.
private struct CTCLattice {
  let states: [Int], time: Int
  let scores: UnsafeBufferPointer<Double>, place: CTCPlace
  /// From the beginning up to a state at a time, that state's score included; `[time, states]`, row by row.
  private var ahead: [Double] = []
  let loss: Double

  init(_ sample: CTCSample, blank: Int, scores: UnsafeBufferPointer<Double>, place: CTCPlace) {
    states = [blank] + sample.labels.flatMap { [$0, blank] }
    time = sample.time
    (self.scores, self.place) = (scores, place)
    guard time > 0 else {
      loss = sample.labels.isEmpty ? 0 : .infinity
      return
    }
    let count = states.count
    var table = [Double](repeating: -.infinity, count: time * count)
    for s in 0..<min(2, count) { table[s] = scores[place(0, states[s])] }
    for t in 1..<max(time, 1) {
      for s in 0..<count {
        let before = (t - 1) * count + s
        table[t * count + s] =
          Self.logSum(
            table[before], s > 0 ? table[before - 1] : -.infinity,
            s > 1 && states[s - 2] != states[s] ? table[before - 2] : -.infinity) + scores[place(t, states[s])]
      }
    }
    ahead = table
    let last = time * count - 1
    loss = -Self.logSum(table[last], count > 1 ? table[last - 1] : -.infinity, -.infinity)
  }

  /// Takes the share of all ways that goes through each class at each time from that class's slope.
  func subtractShares(from slopes: UnsafeMutableBufferPointer<Double>, classes: Int) {
    let count = states.count, used = Set(states)
    var behind = [Double](repeating: -.infinity, count: count), next = behind
    var through = [Double](repeating: -.infinity, count: classes)
    for t in stride(from: time - 1, through: 0, by: -1) {
      for c in used { through[c] = -.infinity }
      for s in 0..<count {
        let own = scores[place(t, states[s])]
        if t == time - 1 {
          next[s] = s >= count - 2 ? own : -.infinity
        } else {
          next[s] =
            Self.logSum(
              behind[s], s + 1 < count ? behind[s + 1] : -.infinity,
              s + 2 < count && states[s + 2] != states[s] ? behind[s + 2] : -.infinity) + own
        }
        through[states[s]] = Self.logSum(through[states[s]], ahead[t * count + s] + next[s], -.infinity)
      }
      swap(&behind, &next)
      if loss == .infinity {
        // No way leads through: the share is no number, as in PyTorch.
        for c in 0..<classes { slopes[place(t, c)] = .nan }
      } else {
        // Both sums hold the class's score, which therefore counts once too often.
        for c in used { slopes[place(t, c)] -= exp(through[c] + loss - scores[place(t, c)]) }
      }
    }
  }

  /// The logarithm of the sum of the exponentials.
  private static func logSum(_ a: Double, _ b: Double, _ c: Double) -> Double {
    let top = max(a, b, c)
    if top == -.infinity { return top }
    return top + log(exp(a - top) + exp(b - top) + exp(c - top))
  }
}

extension Tensor {
  /// The connectionist temporal classification loss, as `torch.nn.functional.ctc_loss`; `self` holds logarithms of
  /// probabilities.
  package func ctcLoss(
    _ targets: Tensor, inputLengths: [Int], targetLengths: [Int], blank: Int, reduction: Reduction, zeroInfinity: Bool
  ) -> Tensor {
    inOp("ctc_loss") {
      func refuse(_ rule: String) -> Never {
        fault("ctc_loss", "\(rule); got logProbs \(signature), targets \(targets.signature)")
      }
      guard dtype == .float32 || dtype == .float64 else { refuse("logProbs want float32 or float64") }
      guard targets.dtype == .int64 || targets.dtype == .int32 else { refuse("targets want int64 or int32") }
      guard ndim == 2 || ndim == 3 else { refuse("logProbs want 3 dimensions, [time, batch, classes], or 2") }
      guard targets.ndim == 1 || targets.ndim == 2 else { refuse("targets want 1 or 2 dimensions") }
      if ndim == 2 {
        let loss = unsqueeze(1).ctcLoss(
          targets, inputLengths: inputLengths, targetLengths: targetLengths, blank: blank, reduction: reduction,
          zeroInfinity: zeroInfinity)
        return reduction == .none ? loss.squeeze(0) : loss
      }
      let (time, batch, classes) = (shape[0], shape[1], shape[2])
      guard batch > 0 else { refuse("the batch is empty") }
      guard blank >= 0, blank < classes else { refuse("blank \(blank) is none of the \(classes) classes") }
      guard inputLengths.count == batch, targetLengths.count == batch else {
        refuse("wants \(batch) lengths, got \(inputLengths.count) of inputs and \(targetLengths.count) of targets")
      }
      guard inputLengths.allSatisfy({ $0 >= 0 && $0 <= time }) else {
        refuse("input lengths are 0 to \(time), one is not")
      }
      guard targetLengths.allSatisfy({ $0 >= 0 }) else { refuse("target lengths cannot be negative, one is") }
      let labels = targets.array(Int.self)
      if targets.ndim == 1 {
        guard labels.count == targetLengths.reduce(0, +) else {
          refuse("targets of 1 dimension want as many labels as the lengths add up to")
        }
      } else {
        guard targets.shape[0] == batch, targetLengths.allSatisfy({ $0 <= targets.shape[1] }) else {
          refuse("targets want a row for each of \(batch) samples, at least as long as the lengths say")
        }
      }
      var start = 0
      let samples = (0..<batch).map { n in
        let first = targets.ndim == 1 ? start : n * targets.shape[1]
        start += targetLengths[n]
        let own = Array(labels[first..<(first + targetLengths[n])])
        if let bad = own.first(where: { $0 < 0 || $0 >= classes }) {
          refuse("label \(bad) is none of the \(classes) classes")
        }
        return CTCSample(labels: own, time: inputLengths[n])
      }
      let loss = CTCLoss(samples: samples, blank: blank, zeroInfinity: zeroInfinity)(self)
      guard reduction == .mean else { return loss.reduced(reduction) }
      return (loss / Tensor(targetLengths.map { Swift.max($0, 1) }).to(device, dtype)).mean()
    }
  }
}
