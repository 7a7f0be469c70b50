// Samples whose random choices are made before their pixels are read, and batches that workers read together.

import Foundation
import Synchronization
import Testing
import Torch
import TorchData
import TorchVision

/// A step that keeps its choices until it sees pixels, so that its pipeline is not planned.
private struct Unplanned: ImageTransform {
  func callAsFunction(_ image: Image) -> Image { image }
}

@Suite struct SharedReadingTests {
  /// Photographs of several sizes in two formats, one of them not planned; one file is broken if that is wanted.
  private func withPhotographs(broken: Int? = nil, _ body: (String) throws -> Void) throws {
    try withFolder { folder in
      let generator = Generator(seed: 3)
      for number in 0..<20 {
        let kind = "\(folder)/\(["cat", "dog"][number % 2])"
        try FileManager.default.createDirectory(atPath: kind, withIntermediateDirectories: true)
        let pixels = Tensor.randint(0, 256, [40 + number, 50 - number, 3], generator: generator).to(.uint8)
        let ending = number % 5 == 4 ? "bmp" : number % 2 == 0 ? "jpg" : "png"
        let path = "\(kind)/\(100 + number).\(ending)"
        try Image(pixels: pixels, mode: .rgb).save(path)
        if number == broken {
          let whole = try Data(contentsOf: URL(filePath: path))
          try whole.prefix(whole.count / 2).write(to: URL(filePath: path))
        }
      }
      try body(folder)
    }
  }

  private let steps: [any Transform] = [
    RandomResizedCrop(24), RandomHorizontalFlip(), RandomRotation(15),
    ColorJitter(brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.1),
  ]
  private let toNumbers: [any Transform] = [ToTensor(), Normalize(mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4])]

  @Test func whatIsPlannedIsWhatIsRead() throws {
    let one: [[any Transform]] = [
      [Resize(20)], [Resize([30, 10])], [CenterCrop(60)], [Pad([3, 5]), RandomCrop(30)], [Grayscale()],
      [RandomCrop(60, padIfNeeded: true)], [RandomAffine(20, translate: [0.1, 0.2], scale: [0.8, 1.2], shear: 5)],
      [RandomGrayscale(p: 0.5)], [GaussianBlur(3)], [RandomInvert()], [RandomPosterize(bits: 3)],
      [RandomSolarize(threshold: 100)], [RandomAdjustSharpness(sharpnessFactor: 2)], [RandomAutocontrast()],
      [RandomEqualize()], [RandomPerspective(p: 0.7)], [RandomVerticalFlip(), RandomRotation([-40, 10])],
      [RandomApply([RandomResizedCrop(24), RandomHorizontalFlip()])],
      [RandomChoice([RandomCrop(20), RandomResizedCrop(24), Compose([Pad(4), RandomCrop(25)])])],
      [RandomOrder([RandomHorizontalFlip(), RandomCrop(24), Resize(30)])], steps,
    ]
    try withPhotographs { folder in
      for first in one {
        for ending in [toNumbers, [PILToTensor(), ConvertImageDtype(.float32), RandomHorizontalFlip()], [ToTensor()]] {
          // Grey pictures have one number a pixel.
          if first.count == 1, first[0] is Grayscale, ending.last is Normalize { continue }
          let transform = Compose(first + ending)
          #expect(transform.choosesBySize, "\(transform)")
          let folder = try ImageFolder(folder, transform: transform)
          for index in 0..<6 where !folder.samples[index].path.hasSuffix("bmp") {
            let (read, after) = try forkRNG {
              manualSeed(index)
              return (try folder[index], getRNGState())
            }
            let (plan, planned) = try forkRNG {
              manualSeed(index)
              return (try #require(try folder.plan(index)), getRNGState())
            }
            #expect(planned.equal(after), "\(transform)")
            let later = try forkRNG {
              let before = getRNGState()
              let sample = try plan()
              #expect(getRNGState().equal(before), "\(transform)")
              return sample
            }
            #expect(later.0.equal(read.0) && later.1 == read.1, "\(transform)")
          }
        }
      }
    }
  }

  @Test func nothingIsDrawnWhereNothingIsPlanned() throws {
    try withPhotographs { folder in
      let unplanned: [[any Transform]] = [
        [RandomHorizontalFlip(), Unplanned()], [RandomRotation(30, expand: true), Resize(20)],
        [Resize(20), Lambda { (image: Image) in image }],
      ]
      for first in unplanned {
        let folder = try ImageFolder(folder, transform: Compose(first + toNumbers))
        try forkRNG {
          let before = getRNGState()
          let plan = try folder.plan(0)
          #expect(plan == nil)
          #expect(getRNGState().equal(before))
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3, 5]) func batchesDoNotDependOnWhoReads(_ workers: Int) throws {
    try withPhotographs { folder in
      let together = try ImageFolder(folder, transform: Compose(steps + toNumbers))
      let alone = try ImageFolder(folder, transform: Compose([Unplanned()] + steps + toNumbers))
      func batches(_ data: ImageFolder) -> [(Tensor, Tensor)] {
        let loader = DataLoader(
          data, batchSize: 3, shuffle: true, numWorkers: workers, generator: Generator(seed: 5))
        return Array(loader)
      }
      let (a, b) = (batches(together), batches(alone))
      #expect(a.count == 7 && b.count == 7)
      for (x, y) in zip(a, b) { #expect(x.0.equal(y.0) && x.1.equal(y.1)) }
    }
  }

  @Test func aBrokenFileIsToldAndDrawsNothing() throws {
    try withPhotographs(broken: 6) { folder in
      let together = try ImageFolder(folder, transform: Compose(steps + toNumbers))
      let alone = try ImageFolder(folder, transform: Compose([Unplanned()] + steps + toNumbers))
      let number = try #require(together.samples.firstIndex { $0.path.hasSuffix("106.jpg") })
      func batches(_ data: ImageFolder) -> ([(Tensor, Tensor)], [LoaderError]) {
        let reports = Mutex([LoaderError]())
        let loader = DataLoader(
          data, batchSize: 4, numWorkers: 2, generator: Generator(seed: 5),
          onError: .skip { error in reports.withLock { $0.append(error) } })
        let batches = Array(loader)
        return (batches, reports.withLock { $0 })
      }
      let (a, b) = (batches(together), batches(alone))
      #expect(a.0.map { $0.0.size(0) } == b.0.map { $0.0.size(0) } && a.0.map { $0.0.size(0) }.reduce(0, +) == 19)
      for (x, y) in zip(a.0, b.0) { #expect(x.0.equal(y.0) && x.1.equal(y.1)) }
      #expect(a.1.map(\.index) == [number] && a.1.map(\.description) == b.1.map(\.description))
      #expect(a.1[0].description.contains("106.jpg"), "\(a.1[0])")
      // Without skipping, the batch fails and the next one is as if nothing had happened.
      func afterwards(_ data: ImageFolder) throws -> [Tensor?] {
        var batches = DataLoader(data, batchSize: 4, numWorkers: 2, generator: Generator(seed: 5))
          .makeThrowingIterator()
        return (0..<5).map { _ in (try? batches.next())??.0 }
      }
      let (c, d) = (try afterwards(together), try afterwards(alone))
      #expect(c.filter { $0 == nil }.count == 1)
      for (x, y) in zip(c, d) {
        #expect((x == nil) == (y == nil))
        if let x, let y { #expect(x.equal(y)) }
      }
    }
  }
}
