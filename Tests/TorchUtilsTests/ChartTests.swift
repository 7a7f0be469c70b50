// Charts as SVG text and as pixels.

import Foundation
import Testing
import Torch
import TorchUtils

/// Whether tags are closed in order and attributes are quoted.
private func isWellFormed(_ svg: String) -> Bool {
  var (open, rest): ([Substring], Substring) = ([], svg[...])
  while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
    guard !rest[..<start].contains(">") else { return false }
    let tag = rest[rest.index(after: start)..<end]
    guard !tag.contains("<"), tag.count(where: { $0 == "\"" }) % 2 == 0 else { return false }
    let name = tag.prefix { $0.isLetter }
    if tag.hasPrefix("/") {
      guard open.popLast() == tag.dropFirst() else { return false }
    } else if !tag.hasSuffix("/") {
      open.append(name)
    }
    rest = rest[rest.index(after: end)...]
  }
  return open.isEmpty && rest.allSatisfy(\.isWhitespace)
}

/// The texts of a drawing, in order.
private func texts(_ svg: String) -> [String] {
  svg.split(separator: "\n").filter { $0.hasPrefix("<text") }.map { line in
    String(line[line.index(after: line.firstIndex(of: ">")!)...].dropLast("</text>".count))
  }
}

/// Whether the outermost pixels are white: nothing is cut off.
private func hasWhiteBorder(_ bitmap: Bitmap) -> Bool {
  let row = bitmap.width * 3
  return (0..<bitmap.height).allSatisfy { y in
    let bytes = bitmap.bytes[(y * row)..<((y + 1) * row)]
    return y == 0 || y == bitmap.height - 1
      ? bytes.allSatisfy { $0 == 255 } : bytes.prefix(3) == [255, 255, 255] && bytes.suffix(3) == [255, 255, 255]
  }
}

@Suite struct ChartTests {
  @Test func writesASmallChart() {
    var chart = LineChart("a < b", xLabel: "x", size: (160, 120))
    chart.add("", [0, 1])
    // The plot goes from 39, 50 to 136, 110 and shows 0.98...2.02 and -0.05...1.05.
    #expect(
      chart.svg == #"""
        <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" \#
        width="160" height="162" viewBox="0 0 160 162" \#
        font-family="Helvetica, Arial, sans-serif">
        <rect width="160" height="162" fill="#ffffff"/>
        <text x="16" y="30" font-size="16" fill="#24292f" text-anchor="start">a &lt; b</text>
        <rect x="39" y="107" width="97" height="1" fill="#d8dee4"/>
        <text x="31" y="112" font-size="12" fill="#57606a" text-anchor="end">0</text>
        <rect x="39" y="80" width="97" height="1" fill="#d8dee4"/>
        <text x="31" y="85" font-size="12" fill="#57606a" text-anchor="end">0.5</text>
        <rect x="39" y="52" width="97" height="1" fill="#d8dee4"/>
        <text x="31" y="57" font-size="12" fill="#57606a" text-anchor="end">1.0</text>
        <rect x="40" y="110" width="1" height="4" fill="#57606a"/>
        <text x="40.5" y="128" font-size="12" fill="#57606a" text-anchor="middle">1</text>
        <rect x="134" y="110" width="1" height="4" fill="#57606a"/>
        <text x="134.5" y="128" font-size="12" fill="#57606a" text-anchor="middle">2</text>
        <rect x="39" y="110" width="97" height="1" fill="#57606a"/>
        <text x="87.5" y="148" font-size="12" fill="#24292f" text-anchor="middle">x</text>
        <polyline points="40.87,107.27 134.13,52.73" \#
        fill="none" stroke="#0072b2" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>
        <circle cx="40.87" cy="107.27" r="3" fill="#0072b2"/>
        <circle cx="134.13" cy="52.73" r="3" fill="#0072b2"/>
        </svg>

        """#)
  }

  @Test func choosesTicks() {
    func labels(_ y: [Double], x: [Double]? = nil, isLog: Bool = false) -> [String] {
      var chart = LineChart(isLog: isLog)
      chart.add("", y, x: x)
      return texts(chart.svg)
    }
    #expect(labels([0, 1]) == ["0", "0.2", "0.4", "0.6", "0.8", "1.0", "1", "2"])
    #expect(
      labels([-3, 12], x: [0, 1e6]) == [
        "-2", "0", "2", "4", "6", "8", "10", "12", "0", "2e5", "4e5", "6e5", "8e5", "1e6",
      ])
    #expect(labels([1.5e-7, 3e-7], x: [0.5, 0.75]).first == "1.6e-7")
    #expect(labels([0.001, 1000], isLog: true).prefix(7) == ["0.001", "0.01", "0.1", "1", "10", "100", "1000"])
    #expect(labels([0.3, 2], isLog: true).prefix(3) == ["0.5", "1", "2"])
    #expect(labels([0.52, 0.53], isLog: true).count > 4)
    #expect(labels([1e-300, 1e300], isLog: true).count < 20)
    #expect(labels([5, 5], x: [7, 7]).contains("7"))
  }

  @Test func leavesGaps() {
    var chart = LineChart()
    chart.add("", (0..<40).map { $0 == 10 || $0 == 12 ? .nan : Double($0) })
    let lines = chart.svg.split(separator: "\n").filter { $0.hasPrefix("<polyline") }
    #expect(lines.count == 2)
    // The one between two gaps is a dot.
    #expect(chart.svg.split(separator: "\n").count { $0.hasPrefix("<circle") } == 1)
    var log = LineChart(isLog: true)
    log.add("", (0..<40).map { Double($0 - 20) })
    #expect(!log.svg.contains("nan") && log.svg.split(separator: "\n").count { $0.hasPrefix("<polyline") } == 1)
  }

  @Test func survivesAnyNumbers() {
    let hard: [Double] = [
      .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, 0, -0.0,
      1e16, 1 + .ulpOfOne, 1,
    ]
    for a in hard {
      for b in hard {
        for isLog in [false, true] {
          var chart = LineChart("é \u{1} & <", isLog: isLog)
          chart.add("one", [a, b, 1], x: [b, a])
          chart.add("none", [])
          #expect(isWellFormed(chart.svg), "\(a) \(b)")
          #expect(!chart.svg.contains("\"nan") && !chart.svg.contains("inf"), "\(a) \(b)")
        }
        #expect(isWellFormed(HeatMap([[a, b], [0]]).svg), "\(a) \(b)")
      }
    }
    #expect(isWellFormed(HeatMap([]).svg) && isWellFormed(LineChart().svg))
  }

  @Test func cutsNothingOff() {
    var generator = SystemRandomNumberGenerator()
    for size in [(160.0, 120.0), (720, 440), (400, 900)] {
      for scale in [1e-12, 0.01, 1, 777, 1e5, 1e12] {
        for isLog in [false, true] {
          var chart = LineChart("Loss jpg", xLabel: "gypsy", yLabel: "why", isLog: isLog, size: size)
          for index in 0..<9 {
            chart.add("line \(index)", (0..<33).map { _ in Double.random(in: -1...2, using: &generator) * scale })
          }
          let isWhole = hasWhiteBorder(chart.bitmap(scale: 1))
          #expect(isWhole, "\(size) \(scale) \(isLog)")
        }
      }
    }
    for (count, name) in [(1, "q"), (2, "healthy"), (10, "automobile"), (40, "g"), (120, "class")] {
      let values = (0..<count).map { row in (0..<count).map { Double(row * $0) } }
      let names = (0..<count).map { "\(name) \($0)" }
      let map = HeatMap(
        values, rowNames: names, columnNames: names, title: "Gypsum", xLabel: "predicted", yLabel: "true")
      let isWhole = hasWhiteBorder(map.bitmap(scale: 1))
      #expect(isWhole, "\(count)")
      #expect(isWellFormed(map.svg))
    }
  }

  @Test func showsCounts() {
    var matrix = ConfusionMatrix(classes: 3)
    matrix.add(Tensor([0, 1, 1, 2, 2, 2]), Tensor([0, 1, 0, 2, 2, 1]))
    let found = texts(HeatMap(matrix, names: ["cat", "dog"], title: "").svg)
    #expect(
      found == [
        "1", "1", "0", "0", "1", "1", "0", "0", "2", "cat", "dog", "2", "cat", "dog", "2", "predicted", "true", "2",
        "1",
        "0",
      ])
    #expect(texts(HeatMap(matrix, normalized: .truth).svg).contains("0.50"))
  }

  @Test func paintsLinesWhereTheyAre() throws {
    // In the middle of a chart without words a level line is two pixels thick, and of its own colour only.
    var chart = LineChart(size: (200, 140))
    chart.add("", [1, 1, 1], x: [0, 5, 10])
    let bitmap = chart.bitmap(scale: 1)
    let blue = (0..<bitmap.height).filter { y in
      let start = (y * bitmap.width + 80) * 3
      return bitmap.bytes[start..<start + 3] == [0x00, 0x72, 0xb2]
    }
    #expect(blue.count >= 1 && blue.count <= 2)
    #expect(bitmap.width == 200 && bitmap.height == 140)
    let large = chart.bitmap(scale: 2.5)
    #expect(large.width == 500 && large.height == 350)
    let png = try #require(decodePNG(bitmap.png()))
    #expect(png.width == 200 && png.height == 140 && png.pixels == bitmap.bytes)
  }

  @Test func writesFiles() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "charts-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var chart = LineChart("Loss")
    chart.add("train", [3, 2, 1])
    for name in ["a.svg", "a.png", "a.png"] { try chart.write(to: folder.appending(path: name).path) }
    #expect(try Data(contentsOf: folder.appending(path: "a.svg")) == Data(chart.svg.utf8))
    #expect(try Data(contentsOf: folder.appending(path: "a.png")) == Data(chart.bitmap().png()))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
    let kind = #expect(throws: FileError.self) { try chart.write(to: "a.gif") }
    #expect(kind?.kind == .unsupported)
    let missing = #expect(throws: FileError.self) { try chart.write(to: folder.path + "/no/a.png") }
    #expect(missing?.kind == .system && missing?.path == folder.path + "/no/a.png")
  }
}

@Suite struct ImageGridTests {
  private struct Golden: Decodable {
    struct Options: Decodable {
      var nrow: Int?
      var padding: Int?
      var normalize: Bool?
      var value_range: [Double]?
      var scale_each: Bool?
      var pad_value: Double?
    }
    var name: String
    var shape: [Int]
    var numbers: [Float]
    var options: Options
    var grid_shape: [Int]
    var grid: [Float]
    var pixels: [UInt8]
  }

  @Test func makesTorchvisionsGrids() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/image_grid.json")
    let goldens = try JSONDecoder().decode([Golden].self, from: Data(contentsOf: file))
    #expect(goldens.count == 10)
    for golden in goldens {
      let options = golden.options
      let grid = makeGrid(
        Tensor(golden.numbers, shape: golden.shape), nrow: options.nrow ?? 8, padding: options.padding ?? 2,
        normalize: options.normalize ?? false, valueRange: options.value_range.map { $0[0]...$0[1] },
        scaleEach: options.scale_each ?? false, padValue: options.pad_value ?? 0)
      #expect(Array(grid.shape) == golden.grid_shape, "\(golden.name)")
      #expect(grid.array(Float.self) == golden.grid, "\(golden.name)")
      #expect(Bitmap(grid).bytes == golden.pixels, "\(golden.name)")
    }
  }

  @Test func readsTensors() {
    let bytes = Tensor([[0, 7], [128, 255]], dtype: .uint8)
    #expect(Bitmap(bytes).bytes == [0, 0, 0, 7, 7, 7, 128, 128, 128, 255, 255, 255])
    #expect(Bitmap(Tensor([[-1.0, .nan], [0.5, 9]])).bytes == [0, 0, 0, 0, 0, 0, 128, 128, 128, 255, 255, 255])
    #expect(Bitmap(Tensor([[[1.0]], [[0.0]], [[0.2]]], dtype: .float16)).bytes == [255, 0, 51])
  }

  @Test func drawsImagesWithCaptions() throws {
    let images = Tensor.arange(3.0 * 4 * 6).view(3, 4, 6).div(71)
    let grid = ImageGrid(images, captions: ["one", "a caption that is wider than its image"], nrow: 2, cell: 60)
    #expect(texts(grid.svg)[0] == "one" && texts(grid.svg)[1].hasSuffix("..."))
    #expect(isWellFormed(grid.svg))
    // The pictures inside are whole PNG files.
    let parts = grid.svg.split(separator: "base64,").dropFirst().map { $0.prefix { $0 != "\"" } }
    #expect(parts.count == 3)
    for (index, part) in parts.enumerated() {
      let data = try #require(Data(base64Encoded: String(part)))
      let png = try #require(decodePNG(Array(data)))
      #expect(png.width == 6 && png.height == 4 && png.pixels == Bitmap(images[index]).bytes)
    }
    // Each pixel of the first image is ten points wide: its corner is black, its neighbour is not.
    let bitmap = grid.bitmap(scale: 1)
    func red(_ x: Int, _ y: Int) -> UInt8 { bitmap.bytes[(y * bitmap.width + x) * 3] }
    #expect(red(15, 15) == 255 && red(16, 16) == 0 && red(25, 25) == 0)
    #expect(red(26, 16) == Bitmap(images[0]).bytes[3] && red(75, 55) == Bitmap(images[0]).bytes[69])
    #expect(ImageGrid(images.unsqueeze(1)).drawing.svg == ImageGrid(images).svg)
    #expect(ImageGrid(images.mul(5).sub(2), normalize: true).images[2].bytes.last == 255)
  }
}
