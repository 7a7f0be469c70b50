import Foundation
import Testing
import Torch
import TorchData
import TorchVision

@Suite struct DatasetTests {
  static let goldens = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/datasets").path

  // MARK: CIFAR

  /// Picture n as Tools/goldens/datasets.py makes it: [32, 32, 3].
  private func picture(_ number: Int) -> Tensor {
    let bytes = (0..<3072).map { UInt8((31 * number + 7 * $0) % 256) }
    return Tensor(bytes, shape: [3, 32, 32]).permute(1, 2, 0)
  }

  @Test func cifarReadsPythonsBatches() throws {
    let train = try CIFAR10(Self.goldens), test = try CIFAR10(Self.goldens, train: false)
    #expect(train.count == 10 && test.count == 1)
    #expect(train.targets == (0..<5).flatMap { [$0, 9 - $0] } && test.targets == [3])
    #expect(train.data.shape == [10, 32, 32, 3] && train.data.dtype == .uint8)
    for n in 0..<10 { #expect(train.data[n].equal(picture(n))) }
    #expect(test.image(0).pixels.equal(picture(10)) && test.image(0).mode == .rgb)
    #expect(train.classes == (0..<10).map { "kind \($0)" })
    let (x, y) = try train[9]
    #expect(y == 5 && x.shape == [3, 32, 32] && x.dtype == .float32)
    #expect(x.equal(picture(9).permute(2, 0, 1).to(.float32) / 255))
    let hundred = try CIFAR100(Self.goldens)
    #expect(hundred.targets == [99, 5] && hundred.classes[99] == "kind 99")
    #expect(try CIFAR100(Self.goldens, train: false).data[0].equal(picture(2)))
    // The folder of the batches itself will do.
    #expect(try CIFAR10(Self.goldens + "/cifar-10-batches-py").count == 10)
  }

  @Test func cifarReadsBinaryBatches() throws {
    try withFolder { root in
      func record(_ labels: [UInt8], _ number: Int) -> [UInt8] {
        labels + (0..<3072).map { UInt8((31 * number + 7 * $0) % 256) }
      }
      let ten = root + "/cifar-10-batches-bin/"
      for i in 1...5 { try writeFile(record([UInt8(i)], 2 * i) + record([0], 2 * i + 1), ten + "data_batch_\(i).bin") }
      try writeFile(record([9], 1), ten + "test_batch.bin")
      let train = try CIFAR10(root)
      #expect(train.targets == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0])
      for n in 0..<10 { #expect(train.data[n].equal(picture(n + 2))) }
      #expect(train.classes == (0..<10).map(String.init))
      try writeFile(Array((0..<10).map { "c\($0)\n" }.joined().utf8), ten + "batches.meta.txt")
      #expect(try CIFAR10(root, train: false).classes[9] == "c9")

      try writeFile(record([7, 42], 3), root + "/cifar-100-binary/train.bin")
      #expect(try CIFAR100(root).targets == [42])

      func error(_ body: () throws -> Void) -> DatasetError? { #expect(throws: DatasetError.self) { try body() } }
      try writeFile(Array(record([9], 1).dropLast()), ten + "test_batch.bin")
      #expect(error { _ = try CIFAR10(root, train: false) }?.description.contains("no whole number of records") == true)
      try writeFile(record([10], 1), ten + "test_batch.bin")
      #expect(error { _ = try CIFAR10(root, train: false) }?.description.contains("label 10 at 0") == true)
      try FileManager.default.removeItem(atPath: ten + "data_batch_3.bin")
      #expect(error { _ = try CIFAR10(root) }?.path.hasSuffix("data_batch_3.bin") == true)
    }
  }

  @Test func whatIsMissingSaysWhereToGetIt() throws {
    try withFolder { root in
      let cifar = #expect(throws: DatasetError.self) { try CIFAR10(root) }
      #expect(cifar?.kind == .missing)
      #expect(
        cifar?.description.contains("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz into \(root)") == true)
      let mnist = #expect(throws: DatasetError.self) { try MNIST(root) }
      #expect(mnist?.description.contains("train-images-idx3-ubyte.gz") == true)
      #expect(mnist?.description.contains("\(root)/MNIST/raw by hand") == true)
    }
  }

  // MARK: MNIST

  @Test func mnistReadsItsFolders() throws {
    try withFolder { root in
      func idx(_ sizes: [Int], _ bytes: [UInt8]) -> [UInt8] {
        [0, 0, 8, UInt8(sizes.count)] + sizes.flatMap { [0, 0, UInt8($0 >> 8), UInt8($0 & 255)] } + bytes
      }
      let pixels = (0..<3 * 784).map { UInt8($0 * 7 % 251) }
      for folder in ["/MNIST/raw/", "/FashionMNIST/raw/"] {
        try writeFile(idx([3, 28, 28], pixels), root + folder + "train-images-idx3-ubyte")
        try writeFile(idx([3], [5, 0, 9]), root + folder + "train-labels-idx1-ubyte")
      }
      let digits = try MNIST(root)
      #expect(digits.count == 3 && digits.targets == [5, 0, 9] && digits.classes[5] == "5 - five")
      #expect(digits.data.equal(Tensor(pixels, shape: [3, 28, 28])))
      let (x, y) = try digits[2]
      #expect(x.shape == [1, 28, 28] && y == 9 && digits.image(2).mode == .l)
      #expect(x.equal(digits.data[2].unsqueeze(0).to(.float32) / 255))
      #expect(try FashionMNIST(root).classes[9] == "Ankle boot")
      #expect(throws: DatasetError.self) { try MNIST(root, train: false) }
      try writeFile(idx([2], [5, 0]), root + "/MNIST/raw/train-labels-idx1-ubyte")
      #expect(throws: DatasetError.self) { try MNIST(root) }
      try writeFile(idx([3], [5, 0, 10]), root + "/MNIST/raw/train-labels-idx1-ubyte")
      #expect(throws: DatasetError.self) { try MNIST(root) }
    }
  }

  // MARK: FakeData

  @Test func fakeDataIsTorchvisions() throws {
    let data = try Data(contentsOf: URL(filePath: Self.goldens + "/fake.json"))
    let rows = try #require(try JSONSerialization.jsonObject(with: data) as? [[Any]])
    let fake = FakeData(size: 3, imageSize: [3, 4, 5], numClasses: 7, randomOffset: 11)
    let grey = FakeData(size: 2, imageSize: [1, 3, 3], numClasses: 3)
    let found = (0..<3).map { fake.image($0) } + (0..<2).map { grey.image($0) }
    manualSeed(3)
    let next: Float = Tensor.rand(1).item()
    manualSeed(3)
    for ((image, label), row) in zip(found, rows) {
      #expect(image.pixels.reshape([-1]).array(Int.self) == row[0] as? [Int] && label == row[1] as? Int)
    }
    _ = try fake[0]
    // The global generator goes on as if nothing had been drawn.
    #expect(Tensor.rand(1).item() as Float == next)
  }

  // MARK: Folders

  @Test func foldersAreClasses() throws {
    try withFolder { root in
      func picture(_ path: String, _ value: UInt8) throws {
        let file = "\(root)/\(path)"
        try writeFile([], file)
        try Image(pixels: .full([2, 3, 3], Double(value), dtype: .uint8), mode: .rgb).save(file)
      }
      try picture("dog/b.png", 1)
      try picture("dog/a.PNG", 2)
      try picture("dog/deep/er/c.bmp", 3)
      try picture("cat/z.png", 4)
      try picture("Zebra/1.png", 5)
      try writeFile([1], "\(root)/dog/notes.txt")
      try writeFile([1], "\(root)/stray.png")
      let data = try ImageFolder(root)
      #expect(data.classes == ["Zebra", "cat", "dog"] && data.classToIdx["dog"] == 2)
      #expect(
        data.samples.map { $0.path.dropFirst(root.count + 1) } == [
          "Zebra/1.png", "cat/z.png", "dog/a.PNG", "dog/b.png", "dog/deep/er/c.bmp",
        ])
      #expect(data.targets == [0, 1, 2, 2, 2])
      let (x, y) = try data[4]
      #expect(y == 2 && x.equal(.full([3, 2, 3], 3, dtype: .float32) / 255))
      #expect(data.name(of: 1)?.hasSuffix("cat/z.png") == true)

      try writeFile([1, 2, 3], "\(root)/cat/z.png")
      let bad = #expect(throws: ImageError.self) { try data[1] }
      #expect(bad?.path?.hasSuffix("cat/z.png") == true)
      try FileManager.default.createDirectory(atPath: "\(root)/empty", withIntermediateDirectories: true)
      let empty = #expect(throws: DatasetError.self) { try ImageFolder(root) }
      #expect(empty?.description.contains("no picture of the classes empty") == true)
      #expect(try ImageFolder(root, allowEmpty: true).classes.count == 4)
      #expect(throws: DatasetError.self) { try ImageFolder(root + "/nothing") }
      #expect(throws: DatasetError.self) { try ImageFolder(root + "/dog/deep/er") }
    }
  }

  /// What a folder may hold beside pictures: nothing of it may hang or be passed over in silence.
  @Test func foldersOfStrangeThings() throws {
    try withFolder { root in
      let good = "\(root)/cat/a.png"
      try writeFile([], good)
      try Image(pixels: .full([2, 3, 3], 7, dtype: .uint8), mode: .rgb).save(good)
      mkfifo("\(root)/cat/b.png", 0o600)
      symlink("nowhere.png", "\(root)/cat/c.png")
      symlink("..", "\(root)/cat/up")
      symlink(".", "\(root)/cat/self")
      symlink("self", "\(root)/cat/again")
      symlink("loop.png", "\(root)/cat/loop.png")
      let data = try ImageFolder(root)
      let names = data.samples.map { String($0.path.dropFirst(root.count + 1)) }
      #expect(Array(names.prefix(4)) == ["cat/a.png", "cat/b.png", "cat/c.png", "cat/loop.png"])
      // A link into a folder above is not followed in a circle.
      #expect(names.count == 4)
      #expect(try data[0].1 == 0)
      for (index, word) in [(1, "not a regular file"), (2, "No such file"), (3, "symbolic links")] {
        let error = #expect(throws: ImageError.self) { try data[index] }
        #expect(error?.kind == .system && error?.description.contains(word) == true, "\(error as Any)")
      }
      // A name that no text stands for.
      let raw = Array("\(root)/cat/caf".utf8) + [0xe9]
      func makeFile(_ path: [UInt8]) {
        close(
          (path + [0]).withUnsafeBytes {
            open($0.baseAddress!.assumingMemoryBound(to: CChar.self), O_CREAT | O_WRONLY, 0o600)
          })
      }
      makeFile(raw + Array(".txt".utf8))
      #expect(try ImageFolder(root).count == 4)
      makeFile(raw + Array(".jpg".utf8))
      let strange = #expect(throws: DatasetError.self) { try ImageFolder(root) }
      #expect(strange?.kind == .malformed && strange?.description.contains("no UTF-8") == true)
      try withFolder { root in
        for name in ["caf\u{e9}", "cafe\u{301}"] { try writeFile([1], "\(root)/\(name)/a.png") }
        let twins = #expect(throws: DatasetError.self) { try ImageFolder(root) }
        #expect(twins?.description.contains("two folders that are both called") == true)
      }
      if geteuid() != 0 {
        try withFolder { root in
          try FileManager.default.createDirectory(atPath: "\(root)/dog", withIntermediateDirectories: true)
          chmod("\(root)/dog", 0)
          defer { chmod("\(root)/dog", 0o700) }
          #expect(#expect(throws: DatasetError.self) { try ImageFolder(root) }?.kind == .system)
        }
      }
    }
  }
}
