// Workers: who reads what, what an early end leaves, what goes wrong and how it is told.

import Foundation
import Synchronization
import Testing
import Torch
import TorchData
import TorchUtils

private struct Bad: Error, CustomStringConvertible {
  let description = "the file ends in the middle"
}

/// Images of one size; some samples cannot be read.
private struct Pictures: Dataset {
  let count: Int
  var broken: Set<Int> = []
  var odd: Set<Int> = []

  subscript(index: Int) -> (Tensor, Int) {
    get throws {
      if broken.contains(index) { throw Bad() }
      return (.full([3, 40, odd.contains(index) ? 41 : 40], Double(index)), index)
    }
  }

  func name(of index: Int) -> String? { "cats/\(index).jpg" }
}

/// Counts what is read, and lets a test hold readers back.
private final class Gate: Sendable {
  let reads = Atomic(0)
  let isShut = Atomic(false)

  func pass() {
    reads.add(1, ordering: .relaxed)
    while isShut.load(ordering: .relaxed) { usleep(200) }
  }
}

private struct Gated: Dataset {
  let gate: Gate
  let count: Int
  subscript(index: Int) -> Int {
    gate.pass()
    return index
  }
}

/// What a thread is, as its samples.
private struct Circumstances: Dataset {
  let count: Int
  subscript(index: Int) -> [Int] {
    let worker = WorkerInfo.current
    let x = Tensor([1.0], requiresGrad: true) * 2
    return [worker?.id ?? -1, worker?.numWorkers ?? 0, numThreads(), x.requiresGrad ? 1 : 0]
  }
}

private func numbers(_ loader: DataLoader<(Tensor, Tensor)>) -> [[Int]] { loader.map { $0.1.array(Int.self) } }

@Suite(.serialized) struct LoaderWorkerTests {
  @Test func batchesTakeTurns() {
    let inWorkers = DataLoader(Circumstances(count: 12), batchSize: 2, numWorkers: 3) { $0 }
    #expect(inWorkers.map { $0[0] } == (0..<6).map { [$0 % 3, 3, 1, 1] })
    #expect(inWorkers.allSatisfy { $0[0] == $0[1] })
    let without = DataLoader(Circumstances(count: 4), batchSize: 2) { $0 }
    #expect(without.map { $0[0] } == Array(repeating: [-1, 0, numThreads(), 1], count: 2))
    noGrad { #expect(inWorkers.map { $0[0][3] } == Array(repeating: 0, count: 6)) }
    #expect(WorkerInfo.current == nil)
  }

  @Test func moreWorkersThanBatches() {
    #expect(numbers(DataLoader(Pictures(count: 3), batchSize: 2, numWorkers: 8)) == [[0, 1], [2]])
    #expect(numbers(DataLoader(Pictures(count: 0), batchSize: 2, numWorkers: 2)).isEmpty)
    #expect(numbers(DataLoader(Pictures(count: 3), batchSize: 4, numWorkers: 2, dropLast: true)).isEmpty)
    var iterator = DataLoader(Pictures(count: 1), numWorkers: 2).makeIterator()
    #expect(iterator.next() != nil && iterator.next() == nil && iterator.next() == nil)
  }

  /// Workers are as far ahead as they were told, and no farther.
  @Test func readingAheadIsBounded() {
    let gate = Gate()
    let loader = DataLoader(Gated(gate: gate, count: 100), batchSize: 5, numWorkers: 2, prefetchFactor: 3)
    var iterator = loader.makeIterator()
    for taken in 0..<4 {
      let deadline = Date() + 10
      let wanted = (6 + taken) * 5
      while gate.reads.load(ordering: .relaxed) < wanted, Date() < deadline { usleep(500) }
      usleep(20_000)
      #expect(gate.reads.load(ordering: .relaxed) == wanted)
      #expect(iterator.next() != nil)
    }
  }

  /// A loop that is left early ends its workers in the middle of their batches, and nothing is left behind.
  @Test func leavingEarly() {
    let gate = Gate()
    let loader = DataLoader(Gated(gate: gate, count: 100_000), batchSize: 10_000, numWorkers: 2)
    do {
      gate.isShut.store(true, ordering: .relaxed)
      let iterator = loader.makeIterator()
      while gate.reads.load(ordering: .relaxed) < 2 { usleep(200) }
      gate.isShut.store(false, ordering: .relaxed)
      withExtendedLifetime(iterator) {}
    }
    let reads = gate.reads.load(ordering: .relaxed)
    usleep(20_000)
    // The iterator went, and no thread reads on.
    #expect(gate.reads.load(ordering: .relaxed) == reads)
    #expect(reads < 100_000)
  }

  /// In a process of its own, whose memory nobody else uses.
  @Test func memoryStaysFlat() async {
    await #expect(processExitsWith: .success) {
      let loader = DataLoader(Pictures(count: 64), batchSize: 8, shuffle: true, numWorkers: 2)
      for _ in 0..<5 { for (x, _) in loader { #expect(x.shape == [8, 3, 40, 40]) } }
      #expect(memoryStats().allocatedBytes == 0)
      for _ in 0..<20 { for _ in loader { break } }
      let stats = memoryStats()
      #expect(stats.allocatedBytes == 0)
      // Four batches read ahead, one in the making for each worker, two in the loop's hands; their samples beside them.
      #expect(stats.cachedBytes <= 8 * 163_840 + 2 * 8 * 20_480)
    }
  }

  @Test(arguments: [0, 1, 2, 3]) func errorsNameTheSample(workers: Int) throws {
    let loader = DataLoader(Pictures(count: 10, broken: [4]), batchSize: 2, numWorkers: workers)
    var batches = loader.makeThrowingIterator()
    #expect(try batches.next() != nil && batches.next() != nil)
    let error = #expect(throws: LoaderError.self) { _ = try batches.next() }
    #expect(error?.description == "sample 4 (cats/4.jpg): the file ends in the middle")
    #expect(error?.index == 4 && error?.name == "cats/4.jpg" && error?.indices == [4, 5] && error?.reason is Bad)
    #expect(error?.worker == (workers == 0 ? nil : 2 % workers))
    // As in torch, the next batch comes all the same.
    #expect(try batches.next()?.1.array(Int.self) == [6, 7])
    #expect(try batches.next() != nil)
    #expect(try batches.next() == nil)
  }

  @Test(arguments: [0, 2]) func skippingWhatIsBroken(workers: Int) {
    let reports = Mutex<[String]>([])
    let loader = DataLoader(
      Pictures(count: 10, broken: [1, 4, 5], odd: [9]), batchSize: 2, numWorkers: workers,
      onError: .skip { error in reports.withLock { $0.append("\(error)") } })
    #expect(numbers(loader) == [[0], [2, 3], [6, 7]])
    #expect(
      reports.withLock { $0 } == [
        "sample 1 (cats/1.jpg): the file ends in the middle", "sample 4 (cats/4.jpg): the file ends in the middle",
        "sample 5 (cats/5.jpg): the file ends in the middle",
        "the batch of samples [8, 9]: sample 8 has the shape [3, 40, 40], sample 9 [3, 40, 41]; "
          + "make them alike or say how to combine them with collate:",
      ])
  }

  @Test(arguments: [0, 2]) func streamsThatFail(workers: Int) throws {
    struct Fails: IterableDataset {
      func makeIterator() throws -> SampleIterator<Int> {
        if WorkerInfo.current?.id == 1 { throw Bad() }
        var next = 0
        return SampleIterator {
          next += 1
          if next == 3 { throw Bad() }
          return next < 6 ? next : nil
        }
      }
    }
    var batches = DataLoader(Fails(), batchSize: 2, numWorkers: workers).makeThrowingIterator()
    var told: [String] = []
    for _ in 0..<20 {
      do {
        guard let batch = try batches.next() else { break }
        told.append("\(batch.array(Int.self))")
      } catch {
        told.append("\(error)")
      }
    }
    let failed = "sample 2 of the stream: the file ends in the middle"
    let start = "the start of reading: the file ends in the middle"
    #expect(told == (workers == 0 ? ["[1, 2]", failed, "[4, 5]"] : ["[1, 2]", start, failed, "[4, 5]"]))
  }

  // MARK: Set up, time, and no batches

  @Test func workersAreSetUpOnce() {
    let seen = Mutex<[[Int]]>([])
    let loader = DataLoader(
      Pictures(count: 12), batchSize: 2, numWorkers: 3, persistentWorkers: true,
      workerInit: { id in
        let info = WorkerInfo.current!
        seen.withLock {
          $0.append([id, info.id, info.numWorkers, Int(Generator.default.initialSeed == info.seed ? 1 : 0)])
        }
      })
    for _ in 0..<2 { #expect(numbers(loader).count == 6) }
    #expect(seen.withLock { $0.sorted { $0[0] < $1[0] } } == (0..<3).map { [$0, $0, 3, 1] })
    // Without workers there is nothing to set up, as in torch.
    let plain = DataLoader(Pictures(count: 2), workerInit: { _ in seen.withLock { $0 = [] } })
    #expect(numbers(plain) == [[0], [1]] && seen.withLock { $0.count } == 3)
  }

  @Test(arguments: [false, true]) func aSetUpThatFails(skips: Bool) throws {
    let loader = DataLoader(
      Pictures(count: 6), batchSize: 2, numWorkers: 2, workerInit: { if $0 == 1 { throw Bad() } },
      onError: skips ? .skip { _ in } : .stop)
    var batches = loader.makeThrowingIterator()
    #expect(try batches.next()?.1.array(Int.self) == [0, 1])
    let error = #expect(throws: LoaderError.self) { _ = try batches.next() }
    #expect(error?.kind == .start && error?.worker == 1 && error?.reason is Bad)
    #expect(try batches.next()?.1.array(Int.self) == [4, 5])
  }

  @Test(arguments: [false, true]) func aWorkerThatDoesNotDeliver(skips: Bool) throws {
    let gate = Gate()
    func loader(persists: Bool = false) -> DataLoader<Tensor> {
      DataLoader(
        Gated(gate: gate, count: 8), batchSize: 2, numWorkers: 2, persistentWorkers: persists, timeout: 0.05,
        onError: skips ? .skip { _ in } : .stop)
    }
    gate.isShut.store(true, ordering: .relaxed)
    var batches = loader().makeThrowingIterator()
    let error = #expect(throws: LoaderError.self) { _ = try batches.next() }
    #expect(error?.kind == .timeout && error?.worker == 0 && error?.indices == [0, 1])
    let reason = error?.reason as? LoaderTimeout
    #expect(reason?.seconds == 0.05 && reason?.batch == 0 && reason?.worker == 0)
    #expect(error?.description == "batch 0 of samples [0, 1]: worker 0 did not deliver it within 0.05 s")
    // It is waited for once more, and comes when it can.
    #expect(throws: LoaderError.self) { _ = try batches.next() }
    gate.isShut.store(false, ordering: .relaxed)
    #expect(try rest(of: &batches) == [[0, 1], [2, 3], [4, 5], [6, 7]])

    // Nobody waits for workers that hang: neither a loop that is left, nor the next epoch.
    gate.isShut.store(true, ordering: .relaxed)
    let start = Date()
    do {
      var hanging = loader().makeThrowingIterator()
      #expect(throws: LoaderError.self) { _ = try hanging.next() }
    }
    do { _ = loader().makeThrowingIterator() }
    let persistent = loader(persists: true)
    for _ in 0..<2 {
      var hanging = persistent.makeThrowingIterator()
      #expect(throws: LoaderError.self) { _ = try hanging.next() }
    }
    #expect(Date().timeIntervalSince(start) < 5)
    gate.isShut.store(false, ordering: .relaxed)
    var last = persistent.makeThrowingIterator()
    #expect(try rest(of: &last) == [[0, 1], [2, 3], [4, 5], [6, 7]])
  }

  /// The batches that are left, however long they take.
  private func rest(of batches: inout DataLoader<Tensor>.ThrowingIterator) throws -> [[Int]] {
    var rest: [[Int]] = []
    while true {
      switch Result(catching: { () throws(LoaderError) in try batches.next() }) {
      case .success(nil): return rest
      case .success(let batch?): rest.append(batch.array(Int.self))
      case .failure(let error): if error.kind != .timeout { throw error }
      }
    }
  }

  @Test(arguments: [0, 2]) func samplesThatFailOneByOne(workers: Int) throws {
    let data = Pictures(count: 4, broken: [1])
    var samples = DataLoader(unbatched: data, numWorkers: workers).makeThrowingIterator()
    let first = try #require(try samples.next())
    #expect(first.0.shape == [3, 40, 40] && first.1 == 0)
    let error = #expect(throws: LoaderError.self) { _ = try samples.next() }
    #expect(error?.kind == .sample && error?.index == 1 && error?.indices == [1])
    let tolerant = DataLoader(unbatched: data, numWorkers: workers, onError: .skip { _ in })
    #expect(tolerant.map(\.1) == [0, 2, 3] && tolerant.count == 4 && tolerant.underestimatedCount == 0)
    // Of a data set of batches: nothing is stacked.
    let rows = DataLoader(unbatched: TensorDataset(Tensor.arange(6).reshape(3, 2)), numWorkers: workers)
    #expect(rows.map { $0.shape } == [[2], [2], [2]] && rows.dataset.count == 3)
    #expect(try rows.batch([2]).array(Int.self) == [4, 5])
  }

  /// Bars take the number of batches for their total only where as many come.
  @Test func barsOverLoaders() {
    func steps<B>(_ loader: DataLoader<B>) -> Int {
      var steps = 0
      for _ in ProgressBar(loader, "bars", leave: false, terminal: .standardError) { steps += 1 }
      return steps
    }
    let data = Pictures(count: 10, broken: [4, 5])
    #expect(steps(DataLoader(data, batchSize: 2, onError: .skip { _ in })) == 4)
    #expect(Array(ProgressBar(DataLoader(data, batchSize: 2, onError: .skip { _ in }))).count == 4)
    #expect(steps(DataLoader(Pictures(count: 5), batchSize: 2, numWorkers: 2)) == 3)
  }

  /// Loaders that begin and end in all kinds of order, several at once.
  @Test func manyLoadersAtOnce() {
    DispatchQueue.concurrentPerform(iterations: 4) { number in
      for round in 0..<40 {
        let loader = DataLoader(
          Pictures(count: 12), batchSize: 1 + round % 5, shuffle: true, numWorkers: 1 + (round + number) % 4,
          prefetchFactor: 1 + round % 3, persistentWorkers: round % 2 == 0, generator: Generator(seed: 3))
        for _ in 0..<2 {
          var seen = 0
          for (_, y) in loader {
            seen += y.size(0)
            if round % 3 == number % 3 { break }
          }
          #expect(seen > 0)
        }
        if round % 7 == 0 { _ = loader.makeIterator() }
      }
    }
  }

  @Test func dataSetsOfDataSets() throws {
    let both = Pictures(count: 3) + Subset(Pictures(count: 10), indices: [7, 9])
    #expect(both.count == 5 && both.name(of: 4) == "cats/9.jpg" && both.cumulativeSizes == [3, 5])
    #expect(try (0..<5).map { try both[$0].1 } == [0, 1, 2, 7, 9])
    #expect(try both[-1].1 == 9)
    let three = ConcatDataset([Pictures(count: 2), Pictures(count: 0), Pictures(count: 1)])
    #expect(numbers(DataLoader(three, batchSize: 2, numWorkers: 1)) == [[0, 1], [0]])
    let stacked = StackDataset(TensorDataset(Tensor.arange(3)), Pictures(count: 3))
    let (a, (_, b)) = Array(DataLoader(stacked, batchSize: 3))[0]
    #expect(a.array(Int.self) == b.array(Int.self) && stacked.name(of: 1) == "cats/1.jpg")
    let loader: DataLoader<(Tensor, Tensor)> = DataLoader(Pictures(count: 3), batchSize: 2)
    #expect(loader.dataset.count == 3 && loader.sampler.count == 3)
  }

  @Test func unequalDictionaries() {
    let error = #expect(throws: CollateError.self) { try [String: Int].collate([["a": 1], ["b": 2]]) }
    #expect(error?.description == "sample 0 has the key \"a\", sample 1 has not")
  }
}

/// What ends the program.
@Suite struct LoaderEndTests {
  @Test func unreadable() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      for _ in DataLoader(Pictures(count: 10, broken: [7]), batchSize: 4, numWorkers: 2) {}
    }
    says(end, "DataLoader: sample 7 (cats/7.jpg): the file ends in the middle")
  }

  @Test func faultsInTransforms() async {
    struct Wrong: Dataset {
      let count = 3
      subscript(index: Int) -> Tensor { Tensor.ones(index == 2 ? 2 : 3) + Tensor.ones(3) }
      func name(of index: Int) -> String? { "dogs/\(index).png" }
    }
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      for _ in DataLoader(Wrong(), batchSize: 3, numWorkers: 1) {}
    }
    says(end, "sample 2 (dogs/2.png): add: ")
  }

  @Test func wrongOptions() async {
    let sampler = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      for _ in DataLoader(Pictures(count: 2), sampler: SequentialSampler(3), numWorkers: 1) {}
    }
    says(sampler, "DataLoader: the sampler gives 2, and the data set has 2 samples")
    let factor = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = DataLoader(Pictures(count: 2), prefetchFactor: 2)
    }
    says(factor, "DataLoader: prefetchFactor wants workers; give numWorkers")
    let batches = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let numbers = BatchSampler(SequentialSampler(2), batchSize: 1, dropLast: false)
      _ = DataLoader(Pictures(count: 2), batchSize: 2, batchSampler: numbers)
    }
    says(batches, "leave batchSize, shuffle, sampler and dropLast out")
    let timeout = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = DataLoader(Pictures(count: 2), timeout: 3)
    }
    says(timeout, "DataLoader: a timeout wants workers; give numWorkers")
    let late = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let gate = Gate()
      gate.isShut.store(true, ordering: .relaxed)
      for _ in DataLoader(Gated(gate: gate, count: 2), numWorkers: 1, timeout: 0.02) {}
    }
    says(late, "DataLoader: batch 0 of samples [0]: worker 0 did not deliver it within 0.02 s")
    let weights = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = WeightedRandomSampler([1, -1], numSamples: 2)
    }
    says(weights, "WeightedRandomSampler: weights must be finite and not negative; number 1 has -1.0")
  }
}

private func says(_ result: ExitTest.Result?, _ text: String) {
  let written = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(written.contains(text), "\(written)")
}

/// Samples that are planned; their reading waits until so many threads read at once, or gives up.
private final class Meeting: Dataset {
  typealias Sample = (Tensor, Int)
  let count = 4
  let wanted: Int
  let present = Atomic(0)
  let hasMet = Atomic(false)

  init(_ wanted: Int) { self.wanted = wanted }

  subscript(index: Int) -> (Tensor, Int) { (.full([2000], Double(index)), index) }

  func plan(_ index: Int) -> (@Sendable () throws -> (Tensor, Int))? {
    { [self] in
      if present.add(1, ordering: .relaxed).newValue >= wanted { hasMet.store(true, ordering: .relaxed) }
      for _ in 0..<100_000 where !hasMet.load(ordering: .relaxed) { usleep(100) }
      return self[index]
    }
  }
}

@Suite struct SharedBatchTests {
  @Test func allWorkersReadTheFirstBatch() {
    // One batch: its samples are read at the same time only if workers without a batch help.
    let meeting = Meeting(3)
    for (x, y) in DataLoader(meeting, batchSize: 4, numWorkers: 3, generator: Generator()) {
      let hasMet = meeting.hasMet.load(ordering: .relaxed)
      #expect(hasMet)
      #expect(y.array(Int.self) == [0, 1, 2, 3])
      #expect(x.equal(Tensor([0.0, 1, 2, 3]).view(4, 1).expand(4, 2000)) && x.isContiguous())
    }
  }

  /// Planned samples, one of another shape.
  private struct Odd: Dataset {
    let count = 6
    let odd: Int?
    subscript(index: Int) -> (Tensor, [String: Tensor]) {
      (.full([index == odd ? 1999 : 2000], Double(index)), ["n": Tensor(Double(index))])
    }
    func plan(_ index: Int) -> (@Sendable () throws -> (Tensor, [String: Tensor]))? { { self[index] } }
    func name(of index: Int) -> String? { "row \(index)" }
  }

  @Test func whatDoesNotFitIsToldAsEver() throws {
    for (x, y) in DataLoader(Odd(odd: nil), batchSize: 3, numWorkers: 2, generator: Generator()) {
      #expect(x.shape == [3, 2000] && x[0..., 7].equal(y["n"]!))
    }
    var batches = DataLoader(Odd(odd: 1), batchSize: 3, numWorkers: 2, generator: Generator()).makeThrowingIterator()
    let error = #expect(throws: LoaderError.self) { _ = try batches.next() }
    #expect(error!.description.contains("sample 0 has the shape [2000], sample 1 [1999]"), "\(error!)")
    #expect(try batches.next()?.0.shape == [3, 2000])
    #expect(try batches.next() == nil)
  }

  @Test func aLoopThatIsLeftEarlyEndsSharedWork() {
    for _ in 0..<50 {
      for (x, _) in DataLoader(Odd(odd: nil), batchSize: 2, numWorkers: 3, generator: Generator()) {
        #expect(x.shape == [2, 2000])
        break
      }
    }
  }
}
