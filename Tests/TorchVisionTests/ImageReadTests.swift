import Foundation
import Testing
import Torch
import TorchVision

@Suite struct ImageReadTests {
  @Test func pixelsArePILs() throws {
    let lines = try ImageFixtures.lines("files.txt")
    #expect(lines.count > 100)
    for line in lines {
      let image = try Image(contentsOf: ImageFixtures.path(line[0]))
      #expect(
        "\(image.mode.rawValue) \(image.width) \(image.height)" == line[1...3].joined(separator: " "), "\(line[0])")
      #expect(String(image.orientation) == line[4], "\(line[0])")
      #expect(ImageFixtures.hash(image) == line[5], "\(line[0])")
      #expect(ImageFixtures.hash(image.exifTransposed()) == line[6], "\(line[0])")
      let upright = try Image(decoding: ImageFixtures.bytes(line[0]), orient: true)
      #expect(upright.orientation == 1 && ImageFixtures.hash(upright) == line[6], "\(line[0])")
    }
  }

  @Test func tensorsAreTorchvisions() throws {
    let modes: [String: ImageReadMode] = [
      "UNCHANGED": .unchanged, "GRAY": .gray, "GRAY_ALPHA": .grayAlpha, "RGB": .rgb, "RGB_ALPHA": .rgbAlpha,
    ]
    for line in try ImageFixtures.lines("tensors.txt") {
      let tensor = try readImage(ImageFixtures.path(line[0]), mode: try #require(modes[line[1]]))
      #expect(tensor.shape.map(String.init).joined(separator: "x") == line[2], "\(line)")
      #expect(tensor.withUnsafeBytes { ImageFixtures.hash($0) } == line[3], "\(line)")
      let bytes = Tensor(try ImageFixtures.bytes(line[0]))
      #expect(try decodeImage(bytes, mode: modes[line[1]]!).eq(tensor).all().item() == true, "\(line)")
    }
  }

  /// The numbers of `sources()` in the script.
  private func source(_ mode: Image.Mode) -> Tensor {
    let count = 256 * mode.channels
    switch mode {
    case .i:
      let numbers: [Int32] = (0..<count).map { index in
        let number = index * 7919 % 70000
        return Int32(number - 2000)
      }
      return Tensor(numbers)
    case .f:
      let numbers: [Float] = (0..<count).map { index in
        let number = index * 37 % 700
        return Float(number - 100) / 2
      }
      return Tensor(numbers)
    default:
      let numbers: [UInt8] = (0..<count).map { index in
        let number = index * 167 + index / 16 * 5 + 11
        return UInt8(number % 256)
      }
      return Tensor(numbers)
    }
  }

  @Test func modesAreConvertedAsInPIL() throws {
    var lines = try ImageFixtures.lines("convert.txt")[...]
    for mode in [Image.Mode.l, .la, .rgb, .rgba, .cmyk, .i, .f] {
      let image = Image(pixels: source(mode).view(16, 16, mode.channels), mode: mode)
      for target in [Image.Mode.l, .la, .rgb, .rgba, .cmyk, .i, .f] {
        let next = lines.popFirst()
        let line = try #require(next)
        #expect(line[0] == mode.rawValue && line[1] == target.rawValue)
        #expect(ImageFixtures.hash(image.convert(target)) == line[2], "\(mode) to \(target)")
      }
    }
    #expect(lines.isEmpty)
  }

  @Test func everyTruncationIsAPictureOrAnError() throws {
    for line in try ImageFixtures.lines("files.txt") {
      let file = try ImageFixtures.bytes(line[0])
      for count in 0..<file.count {
        do {
          let image = try Image(decoding: Array(file[..<count]))
          // What is missing then is not of the pixels: a checksum, an end, an empty line.
          // In text, what is left of the last number is a number.
          let isText = line[0].hasSuffix("portable") && file[1] < 0x34
          #expect(isText || ImageFixtures.hash(image) == line[5], "\(line[0]) cut off after \(count) of \(file.count)")
          #expect(count * 2 > file.count, "\(line[0])")
        } catch {
          #expect([.truncated, .malformed, .unknownFormat, .unsupported].contains(error.kind), "\(line[0]): \(error)")
        }
      }
    }
  }

  @Test func damagedFilesArePicturesOrErrors() throws {
    var random = SystemlessRandom(state: 8)
    for line in try ImageFixtures.lines("files.txt") {
      let file = try ImageFixtures.bytes(line[0])
      for _ in 0..<200 {
        var damaged = file
        for _ in 0...random.next(4) { damaged[random.next(file.count)] = UInt8(random.next(256)) }
        guard let image = try? Image(decoding: damaged, orient: true, maxPixels: 1 << 20) else { continue }
        #expect(image.pixels.numel() == image.width * image.height * image.mode.channels)
      }
    }
  }

  @Test func errorsNamePathAndReason() throws {
    try withFolder { folder in
      func error(_ name: String, _ content: [UInt8]?) throws -> ImageError {
        let path = "\(folder)/\(name)"
        if let content { try Data(content).write(to: URL(filePath: path)) }
        let error = #expect(throws: ImageError.self) { try Image(contentsOf: path) }
        let found = try #require(error)
        #expect(found.path == path && found.description.hasPrefix("\(path): "))
        return found
      }
      #expect(try error("none.jpg", nil).kind == .system)
      #expect(try error("none.jpg", nil).reason == "cannot be read: No such file or directory")
      #expect(try error("empty.jpg", []).kind == .unknownFormat)
      #expect(try error("text.png", Array("no picture".utf8)).kind == .unknownFormat)
      let photo = try ImageFixtures.bytes("jpeg-0.jpeg")
      #expect(try error("half.jpg", Array(photo[..<(photo.count / 2)])).kind == .truncated)
      let none = #expect(throws: ImageError.self) { try Image(decoding: [0xff, 0xd8, 0xff]) }
      #expect(none?.path == nil && none?.kind == .truncated)
      #expect(throws: ImageError.self) { try Image(contentsOf: folder) }
      #expect(throws: ImageError.self) { try readImage("\(folder)/none.png") }
    }
  }

  /// Files of some bytes that promise gigabytes.
  @Test func liesAboutSizesTakeNoMemory() throws {
    var png = try ImageFixtures.bytes("png-2-8.png")
    // 20000 x 20000; the header's checksum is that of these sizes.
    png.replaceSubrange(16..<24, with: [0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20])
    var crc: UInt32 = .max
    for byte in png[12..<29] {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    png.replaceSubrange(29..<33, with: (0..<4).map { UInt8(~crc >> (24 - 8 * $0) & 0xff) })
    #expect(throws: ImageError.self) { try Image(decoding: png) }
    let endless = #expect(throws: ImageError.self) { try Image(decoding: png, maxPixels: nil) }
    #expect(endless?.kind == .truncated)

    let ppm = Array("P6 60000 60000 255\nabc".utf8)
    #expect(#expect(throws: ImageError.self) { try Image(decoding: ppm) }?.kind == .tooLarge)
    #expect(#expect(throws: ImageError.self) { try Image(decoding: ppm, maxPixels: nil) }?.kind == .truncated)
    let huge = Array("P5 9999999999 9999999999 255\nabc".utf8)
    #expect(#expect(throws: ImageError.self) { try Image(decoding: huge, maxPixels: nil) }?.kind == .tooLarge)
    let file = try ImageFixtures.bytes("drawing.png")
    #expect(#expect(throws: ImageError.self) { try Image(decoding: file, maxPixels: 1199) }?.kind == .tooLarge)
    #expect(try Image(decoding: file, maxPixels: 1200).width == 40)
    #expect(Image.maxPixels == 178_956_970)
  }
}

/// Xorshift: the same numbers in every run.
private struct SystemlessRandom {
  var state: UInt64

  mutating func next(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state >> 11) % bound
  }
}
