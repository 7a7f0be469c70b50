// Orders, draws and batches against PyTorch's DataLoader (Tools/goldens/loader.py).

import Foundation
import Testing
import Torch
import TorchData

private struct Numbers: Dataset {
  let count: Int
  subscript(index: Int) -> Int { index }
}

/// One number of the default generator for each sample.
private struct Drawing: Dataset {
  let count: Int
  subscript(index: Int) -> (Int, Tensor) { (index, .rand()) }
}

private struct Stream: IterableDataset {
  let size: Int, split: Bool

  func makeIterator() -> SampleIterator<Int> { SampleIterator(numbers) }

  var numbers: StrideTo<Int> {
    guard split, let worker = WorkerInfo.current else { return stride(from: 0, to: size, by: 1) }
    return stride(from: worker.id, to: size, by: worker.numWorkers)
  }
}

private struct DrawingStream: IterableDataset {
  let stream: Stream

  func makeIterator() -> SampleIterator<(Int, Tensor)> {
    var numbers = stream.numbers.makeIterator()
    return SampleIterator { numbers.next().map { ($0, .rand()) } }
  }
}

private typealias Entry = [String: Any]

private func golden(_ name: String) throws -> Any {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Goldens/loader.json")
  return (try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as! Entry)[name]!
}

/// A number from the global stream, which shows how much of it was used.
private func after() -> Int { Tensor.randint(0, (1 << 31) - 1, [1]).item() }

private func bits(_ x: Tensor) -> [Int] { x.array(Float.self).map { Int($0.bitPattern) } }

/// Some epochs, each left after `take` batches.
private func epochs<B>(_ loader: DataLoader<B>, _ count: Int, take: Int? = nil) -> [[B]] {
  (0..<count).map { _ in
    var batches: [B] = []
    if take == 0 { return batches }
    for batch in loader {
      batches.append(batch)
      if batches.count == take { break }
    }
    return batches
  }
}

private func equalDraws(_ epochs: [[(Tensor, Tensor)]], _ wanted: Any) -> Bool {
  let wanted = wanted as! [[[[Int]]]]
  return epochs.map { $0.map { [$0.0.array(Int.self), bits($0.1)] } } == wanted
}

private func equalNumbers(_ epochs: [[Tensor]], _ wanted: Any) -> Bool {
  epochs.map { $0.map { $0.array(Int.self) } } == wanted as! [[[Int]]]
}

@Suite(.serialized) struct LoaderGoldenTests {
  @Test func orders() throws {
    for entry in try golden("orders") as! [Entry] {
      forkRNG {
        let seed = entry["seed"] as! Int, isOwn = entry["own"] as! Bool
        manualSeed(seed)
        let loader = DataLoader(
          Numbers(count: entry["count"] as! Int), batchSize: entry["batchSize"] as! Int, shuffle: true,
          numWorkers: entry["workers"] as! Int, dropLast: entry["dropLast"] as! Bool,
          generator: isOwn ? Generator(seed: UInt64(seed + 7)) : nil)
        let isEqual = equalNumbers(epochs(loader, 2), entry["epochs"]!), next = after()
        #expect(isEqual && next == entry["after"] as! Int, "\(entry)")
      }
    }
  }

  @Test func draws() throws {
    for entry in try golden("draws") as! [Entry] {
      forkRNG {
        manualSeed(5)
        let loader = DataLoader(
          Drawing(count: 23), batchSize: 3, shuffle: true, numWorkers: entry["workers"] as! Int,
          prefetchFactor: entry["factor"] as? Int, persistentWorkers: entry["persistent"] as! Bool,
          generator: entry["own"] as! Bool ? Generator(seed: 11) : nil)
        let isEqual = equalDraws(epochs(loader, 3, take: entry["take"] as? Int), entry["epochs"]!), next = after()
        #expect(isEqual && next == entry["after"] as! Int, "\(entry)")
      }
    }
  }

  @Test func streams() throws {
    let all = try golden("streams") as! Entry
    for entry in all["cases"] as! [Entry] {
      forkRNG {
        manualSeed(3)
        let stream = Stream(size: 14, split: entry["split"] as! Bool)
        let size = entry["batchSize"] as! Int, workers = entry["workers"] as! Int, drop = entry["dropLast"] as! Bool
        let persists = entry["persistent"] as! Bool
        let isEqual: Bool
        if entry["draws"] as! Bool {
          let loader = DataLoader(
            DrawingStream(stream: stream), batchSize: size, numWorkers: workers, dropLast: drop,
            persistentWorkers: persists)
          isEqual = equalDraws(epochs(loader, 2), entry["epochs"]!)
        } else {
          let loader = DataLoader(
            stream, batchSize: size, numWorkers: workers, dropLast: drop, persistentWorkers: persists)
          isEqual = equalNumbers(epochs(loader, 2), entry["epochs"]!)
        }
        let next = after()
        #expect(isEqual && next == entry["after"] as! Int, "\(entry)")
      }
    }
    let chain = ChainDataset([Stream(size: 3, split: false), Stream(size: 5, split: false)])
    #expect(equalNumbers([Array(DataLoader(chain, batchSize: 4))], [all["chain"]!]))
  }

  @Test func samplesOneByOne() throws {
    for entry in try golden("unbatched") as! [Entry] {
      forkRNG {
        manualSeed(17)
        let workers = entry["workers"] as! Int, persists = entry["persistent"] as! Bool
        let loader: DataLoader<(Int, Tensor)>
        if entry["kind"] as! String == "stream" {
          let stream = DrawingStream(stream: Stream(size: 7, split: true))
          loader = DataLoader(unbatched: stream, numWorkers: workers, persistentWorkers: persists)
        } else {
          loader = DataLoader(
            unbatched: Drawing(count: 7), shuffle: entry["shuffle"] as! Bool, numWorkers: workers,
            persistentWorkers: persists, generator: entry["own"] as! Bool ? Generator(seed: 4) : nil)
          #expect(loader.count == entry["length"] as! Int)
        }
        let runs = epochs(loader, 2).map { $0.map { [$0.0] + bits($0.1.reshape(1)) } }, next = after()
        #expect(loader.batchSize == nil && runs == entry["epochs"] as! [[[Int]]], "\(entry)")
        #expect(next == entry["after"] as! Int, "\(entry)")
      }
    }
  }

  @Test func workersThatAreSetUp() throws {
    let inits: [String: @Sendable (Int) -> Void] = [
      "draw_first": { _ = Tensor.rand($0 + 1) }, "seed_anew": { manualSeed(100 + $0) },
    ]
    for entry in try golden("inits") as! [Entry] {
      forkRNG {
        manualSeed(6)
        let loader = DataLoader(
          Drawing(count: 11), batchSize: 2, numWorkers: entry["workers"] as! Int,
          persistentWorkers: entry["persistent"] as! Bool, workerInit: inits[entry["init"] as! String])
        let isEqual = equalDraws(epochs(loader, 2), entry["epochs"]!), next = after()
        #expect(isEqual && next == entry["after"] as! Int, "\(entry)")
      }
    }
  }

  @Test func lengthsOfStreams() throws {
    struct Counted: IterableDataset {
      let size: Int
      var count: Int? { size }
      func makeIterator() -> SampleIterator<Int> { SampleIterator(0..<size) }
    }
    for entry in try golden("lengths") as! [[Any]] {
      let stream = Counted(size: entry[0] as! Int), wanted = entry[3] as! Int
      if let size = entry[1] as? Int {
        #expect(DataLoader(stream, batchSize: size, dropLast: entry[2] as! Bool).count == wanted)
      } else {
        #expect(DataLoader(unbatched: stream).count == wanted)
      }
    }
  }

  @Test func samplers() throws {
    let all = try golden("samplers") as! Entry
    let weights = (all["weights"] as! [NSNumber]).map(\.doubleValue)
    for entry in all["cases"] as! [Entry] {
      forkRNG {
        manualSeed(entry["seed"] as! Int)
        let own = entry["own"] as! Bool ? Generator(seed: 21) : nil
        let samples = entry["samples"] as? Int, replacement = entry["replacement"] as? Bool ?? false
        let runs: [Any]
        switch entry["kind"] as! String {
        case "random":
          let sampler = RandomSampler(10, replacement: replacement, numSamples: samples, generator: own)
          runs = [Array(sampler), Array(sampler)]
        case "weighted":
          let sampler = WeightedRandomSampler(
            weights, numSamples: samples!, replacement: replacement, generator: own)
          runs = [Array(sampler), Array(sampler)]
        case "subset":
          let sampler = SubsetRandomSampler([3, 1, 4, 1, 5, 9, 2, 6], generator: own)
          runs = [Array(sampler), Array(sampler)]
        default:
          let sampler = BatchSampler(
            RandomSampler(10, generator: own), batchSize: 4, dropLast: entry["dropLast"] as! Bool)
          runs = [Array(sampler), Array(sampler)]
        }
        let isEqual = NSArray(array: runs).isEqual(to: entry["runs"] as! [Any]), next = after()
        #expect(isEqual && next == entry["after"] as! Int, "\(entry)")
      }
    }
    let batches = DataLoader(
      Numbers(count: 10), batchSampler: BatchSampler(SequentialSampler(10), batchSize: 4, dropLast: false))
    #expect(equalNumbers([Array(batches)], [all["batches"]!]) && batches.batchSize == nil && batches.count == 3)
  }

  @Test func splits() throws {
    for entry in try golden("splits") as! [Entry] {
      let data = Numbers(count: entry["count"] as! Int), lengths = entry["lengths"] as! [NSNumber]
      let isWhole = lengths.allSatisfy { $0.doubleValue == $0.doubleValue.rounded() }
      let parts = forkRNG {
        manualSeed(entry["seed"] as! Int)
        return isWhole
          ? randomSplit(data, lengths.map(\.intValue)) : randomSplit(data, lengths.map(\.doubleValue))
      }
      #expect(parts.map(\.indices) == entry["parts"] as! [[Int]], "\(entry)")
    }
  }

  @Test func batchesOfAllTypes() throws {
    let all = try golden("collated") as! Entry
    func expect(_ x: Tensor, _ wanted: Any, _ name: String) {
      let wanted = wanted as! Entry
      #expect(x.dtype.name == wanted["dtype"] as! String && x.shape == wanted["shape"] as! [Int], "\(name)")
      #expect(x.array(Double.self) == (wanted["values"] as! [NSNumber]).map(\.doubleValue), "\(name)")
    }
    expect(Int.collate([1, 2, 3]), all["ints"]!, "ints")
    expect(Double.collate([1.5, 2.5]), all["floats"]!, "floats")
    expect(Bool.collate([true, false]), all["bools"]!, "bools")
    #expect(String.collate(["a", "b"]) == all["strings"] as! [String])
    for (x, wanted) in zip(try [Int].collate([[1, 2], [3, 4]]), all["lists"] as! [Any]) { expect(x, wanted, "lists") }
    let dictionary = try [String: Double].collate([["x": 1, "y": 0.5], ["x": 2, "y": 1.5]])
    expect(dictionary["y"]!, (all["dictionaries"] as! Entry)["y"]!, "dictionaries")
    struct Nested: Dataset {
      let count = 2
      subscript(index: Int) -> ((Tensor, Int), String) {
        ((index == 0 ? .ones(2) : .zeros(2), index + 1), ["a", "b"][index])
      }
    }
    let ((x, y), names) = Array(DataLoader(Nested(), batchSize: 2))[0]
    let wanted = all["nested"] as! [Any], inner = wanted[0] as! [Any]
    expect(x, inner[0], "nested")
    expect(y, inner[1], "nested")
    #expect(names == wanted[1] as! [String])
  }
}
