import Testing
import Torch

/// Draws into tensors that are not row-major, recorded from PyTorch 2.15 with seed 3: it walks them in the order of their
/// memory, and draws normal numbers one by one.
@Suite struct StridedDrawTests {
  typealias Row = (layout: String, op: String, dtype: DType, wanted: [Double])

  /// The elements 0, 1, 5 and the last in row-major order.
  static let rows: [Row] = [
    (
      "t 3 4 5", "uniform_", .float32,
      [0.004263520240783691, 0.10556936264038086, 0.6483104228973389, 0.2773125171661377]
    ),
    (
      "t 3 4 5", "normal_", .float32,
      [0.8032760620117188, 0.17483338713645935, -0.6779621839523315, 0.8389268517494202]
    ),
    (
      "t 3 4 5", "normal_", .float64,
      [0.8032760780963507, 0.17483339327910358, -0.6779621976874128, 0.8389268671173788]
    ),
    ("t 3 4 5", "bernoulli_", .float32, [1.0, 1.0, 0.0, 1.0]),
    (
      "t 3 4 5", "exponential_", .float32,
      [0.03470345586538315, 0.3379095792770386, 1.076978325843811, 0.582488477230072]
    ),
    ("t 3 4 5", "random_", .float32, [986.0, 48.0, 356.0, 612.0]),
    (
      "slice", "uniform_", .float32,
      [0.004263520240783691, 0.10556936264038086, 0.40146881341934204, 0.3795878291130066]
    ),
    ("slice", "normal_", .float32, [0.8032760620117188, 0.17483338713645935, 0.2989608347415924, -1.050064206123352]),
    (
      "slice", "normal_", .float64, [0.8032760780963507, 0.17483339327910358, 0.29896084440536186, -1.0500642566824991]
    ),
    ("slice", "bernoulli_", .float32, [1.0, 1.0, 1.0, 0.0]),
    (
      "slice", "exponential_", .float32,
      [0.03470345586538315, 0.3379095792770386, 0.4184861183166504, 0.8750020861625671]
    ),
    ("slice", "random_", .float32, [986.0, 48.0, 689.0, 483.0]),
    (
      "cl", "uniform_", .float32, [0.004263520240783691, 0.026954829692840576, 0.45940524339675903, 0.9688405990600586]
    ),
    ("cl", "normal_", .float32, [0.8032760620117188, -0.6137180328369141, -0.0798543244600296, 0.9645412564277649]),
    ("cl", "normal_", .float64, [0.8032760780963507, -0.6137180077293578, -0.0798543208083965, 0.9645412292161405]),
    ("cl", "bernoulli_", .float32, [1.0, 1.0, 1.0, 0.0]),
    (
      "cl", "exponential_", .float32,
      [0.03470345586538315, 0.19228345155715942, 0.09106049686670303, 0.8558511137962341]
    ),
    ("cl", "random_", .float32, [986.0, 667.0, 149.0, 728.0]),
    (
      "step", "uniform_", .float32,
      [0.004263520240783691, 0.10556936264038086, 0.06011629104614258, 0.8748562335968018]
    ),
    (
      "step", "normal_", .float32, [0.8032760620117188, 0.17483338713645935, -1.3682591915130615, -0.16431698203086853]
    ),
    ("step", "normal_", .float64, [0.8032760780963507, 0.17483339327910358, -1.3682591776659836, -0.1643169780255888]),
    ("step", "bernoulli_", .float32, [1.0, 1.0, 0.0, 1.0]),
    (
      "step", "exponential_", .float32,
      [0.03470345586538315, 0.3379095792770386, 0.9371330142021179, 0.13610611855983734]
    ),
    ("step", "random_", .float32, [986.0, 48.0, 280.0, 884.0]),
    (
      "small", "uniform_", .float32,
      [0.004263520240783691, 0.026954829692840576, 0.06011629104614258, 0.06011629104614258]
    ),
    (
      "small", "normal_", .float32, [0.8032760620117188, -0.6137180328369141, -1.3682591915130615, -1.3682591915130615]
    ),
    (
      "small", "normal_", .float64, [0.8032760780963507, -0.6137180077293578, -1.3682591776659836, -1.3682591776659836]
    ),
    ("small", "bernoulli_", .float32, [1.0, 1.0, 0.0, 0.0]),
    (
      "small", "exponential_", .float32,
      [0.03470345586538315, 0.19228345155715942, 0.9371330142021179, 0.9371330142021179]
    ),
    ("small", "random_", .float32, [986.0, 667.0, 280.0, 280.0]),
  ]

  @Test func drawsFollowTheMemory() {
    for row in Self.rows {
      let generator = Generator(seed: 3)
      let x: Tensor =
        switch row.layout {
        case "t 3 4 5": .zeros(3, 4, 5, dtype: row.dtype).transpose(0, 1)
        case "slice": Tensor.zeros(8, 3, 4, dtype: row.dtype)[.slice(nil, nil, step: 2)].transpose(0, 1)
        case "cl": Tensor.zeros(2, 3, 4, 5, dtype: row.dtype).contiguous(memoryFormat: .channelsLast)
        case "step": Tensor.zeros(40, dtype: row.dtype)[.slice(nil, nil, step: 2)]
        default: .zeros(2, 3, dtype: row.dtype).t()
        }
      switch row.op {
      case "uniform_": x.uniform_(generator: generator)
      case "normal_": x.normal_(generator: generator)
      case "bernoulli_": x.bernoulli_(generator: generator)
      case "exponential_": x.exponential_(generator: generator)
      default: x.random_(0, 1000, generator: generator)
      }
      let flat = x.flatten().to(.float64).array() as [Double]
      let got = [flat[0], flat[1], flat[5], flat[flat.count - 1]]
      #expect(zip(got, row.wanted).allSatisfy { abs($0 - $1) <= 1e-6 * max(abs($1), 1) }, "\(row) \(got)")
    }
  }
}
