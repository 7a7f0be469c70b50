import Foundation
import Testing
import Torch
import TorchVision

@Suite struct ImageWriteTests {
  static func drawing() throws -> Image { try Image(contentsOf: ImageFixtures.path("drawing.png")) }

  @Test(arguments: [
    ("plain", Image.Mode.rgb, ImageFormat.jpeg()),
    ("fine", .rgb, .jpeg(quality: 95, subsampling: .none)),
    ("columns", .rgb, .jpeg(quality: 50, subsampling: .columns)),
    ("progressive", .rgb, .jpeg(progressive: true)),
    ("optimized", .rgb, .jpeg(quality: 30, optimize: true)),
    ("grey", .l, .jpeg()),
    ("cmyk", .cmyk, .jpeg()),
  ])
  func jpegFilesArePILs(_ name: String, _ mode: Image.Mode, _ format: ImageFormat) throws {
    let ours = try Self.drawing().convert(mode).encoded(as: format)
    #expect(try ours == ImageFixtures.bytes("written-\(name).jpg"))
  }

  @Test func formatsWithoutLossGivePixelsBack() throws {
    let drawing = try Self.drawing()
    let numbers = (0..<1200).map { Int32($0 * 7919 % 65536) }
    let images = [
      drawing, drawing.convert(.l), drawing.convert(.rgba), drawing.convert(.la), drawing.convert(.f),
      Image(pixels: Tensor(numbers).view(30, 40, 1), mode: .i),
    ]
    let formats: [(ImageFormat, [Image.Mode])] = [
      (.png(), [.rgb, .l, .rgba, .la, .i]), (.png(compressLevel: 0), [.rgb]), (.png(compressLevel: 9), [.i]),
      (.bmp, [.rgb, .l]), (.ppm, [.rgb, .l, .i, .f]),
    ]
    for (format, modes) in formats {
      for image in images where modes.contains(image.mode) {
        let back = try Image(decoding: image.encoded(as: format))
        #expect(back.mode == image.mode && back.height == 30 && back.width == 40, "\(format) \(image.mode)")
        #expect(ImageFixtures.hash(back) == ImageFixtures.hash(image), "\(format) \(image.mode)")
      }
    }
    // As in PIL, alpha is written and not read again.
    let bmp = try Image(decoding: drawing.convert(.rgba).encoded(as: .bmp))
    #expect(bmp.mode == .rgb && ImageFixtures.hash(bmp) == ImageFixtures.hash(drawing))
  }

  @Test func modesThatAFormatLacksAreErrors() throws {
    let drawing = try Self.drawing()
    let wrong: [(ImageFormat, Image.Mode)] = [
      (.jpeg(), .rgba), (.jpeg(), .la), (.jpeg(), .i), (.jpeg(), .f), (.png(), .cmyk), (.png(), .f), (.bmp, .la),
      (.bmp, .cmyk), (.ppm, .la), (.ppm, .cmyk),
    ]
    for (format, mode) in wrong {
      let error = #expect(throws: ImageError.self) { try drawing.convert(mode).encoded(as: format) }
      #expect(error?.kind == .unsupported)
    }
    // JPEG has 16 bits for a side, and the library a little less.
    let long = Image(pixels: .zeros(1, 70000, dtype: .uint8), mode: .l)
    #expect(#expect(throws: ImageError.self) { try long.encoded(as: .jpeg()) }?.kind == .unsupported)
    #expect(try Image(decoding: long.encoded(as: .png())).width == 70000)
  }

  @Test func savesByName() throws {
    try withFolder { folder in
      let drawing = try Self.drawing()
      for name in ["a.png", "a.bmp", "a.ppm", "folder.x/b.PNG"] {
        try FileManager.default.createDirectory(atPath: "\(folder)/folder.x", withIntermediateDirectories: true)
        try drawing.save("\(folder)/\(name)")
        #expect(try ImageFixtures.hash(Image(contentsOf: "\(folder)/\(name)")) == ImageFixtures.hash(drawing))
      }
      try drawing.save("\(folder)/a.png", as: .jpeg(quality: 90))
      #expect(try Image(contentsOf: "\(folder)/a.png").width == 40)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["a.bmp", "a.png", "a.ppm", "folder.x"])
      let nameless = #expect(throws: ImageError.self) { try drawing.save("\(folder)/a.gif") }
      #expect(nameless?.kind == .unsupported && nameless?.path == "\(folder)/a.gif")
      let nowhere = #expect(throws: ImageError.self) { try drawing.save("\(folder)/none/a.png") }
      #expect(nowhere?.kind == .system && nowhere?.path == "\(folder)/none/a.png")
    }
  }

  @Test func tensorsAreWrittenAsInTorchvision() throws {
    try withFolder { folder in
      let batch = Tensor((0..<360).map { (Float($0 * 37 % 64) - 16) / 32 }).view(5, 3, 4, 6)
      try saveImage(batch, "\(folder)/plain.png", nrow: 3, padding: 1, padValue: 0.25)
      try saveImage((0..<5).map { batch[$0] }, "\(folder)/normalized.png", nrow: 2, normalize: true, scaleEach: true)
      try saveImage(batch[0..<1, 0..<1], "\(folder)/one.png", normalize: true, valueRange: -0.25...1)
      for name in ["plain", "normalized", "one"] {
        let (ours, theirs) = (
          try readImage("\(folder)/\(name).png"), try readImage(ImageFixtures.path("grid-\(name).png"))
        )
        #expect(ours.shape == theirs.shape)
        #expect(ours.eq(theirs).all().item() == true, "\(name)")
      }
      let bytes = try readImage(ImageFixtures.path("drawing.png"))
      try writePNG(bytes, "\(folder)/bytes.png")
      #expect(try readImage("\(folder)/bytes.png").eq(bytes).all().item() == true)
      try writeJPEG(bytes, "\(folder)/bytes.jpg")
      #expect(
        try Data(contentsOf: URL(filePath: "\(folder)/bytes.jpg")) == Data(ImageFixtures.bytes("written-plain.jpg")))
      #expect(try encodeJPEG(bytes, quality: 75).array(UInt8.self) == ImageFixtures.bytes("written-plain.jpg"))
      #expect(try decodeImage(encodePNG(bytes)).eq(bytes).all().item() == true)
    }
  }

  @Test func drawsForTerminals() throws {
    let pixels = Tensor([255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255, 7, 8, 9, 10, 11, 12] as [UInt8]).view(3, 2, 3)
    let image = Image(pixels: pixels, mode: .rgb)
    let escape = "\u{1b}"
    #expect(
      image.drawn(width: 2, color: true)
        == "\(escape)[38;2;255;0;0;48;2;0;0;255m▀▀\(escape)[0m\n\(escape)[38;2;7;8;9m▀\(escape)[38;2;10;11;12m▀\(escape)[0m"
    )
    let grey = try Self.drawing().drawn(width: 20, color: false).split(separator: "\n")
    #expect(try Self.drawing().description == "Image(RGB, 40 x 30)")
    #expect(grey.count == 8 && grey.allSatisfy { $0.count == 20 })
  }

  @Test func wrongCallsAreFaults() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Image(pixels: .zeros(2, 2, dtype: .uint8), mode: .l).encoded(as: .jpeg(quality: 0))
    }
    let text = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
    #expect(text.contains("wants a quality from 1 to 100, got 0"))
  }
}
