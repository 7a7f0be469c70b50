import Testing
import Torch
import TorchVision

@Suite struct ImageTests {
  @Test func sizesAreThoseOfThePixels() {
    let image = Image(pixels: .zeros(3, 4, 3, dtype: .uint8), mode: .rgb)
    #expect(image.height == 3 && image.width == 4)
    #expect(Image(pixels: .zeros(3, 4, dtype: .uint8), mode: .l).pixels.shape == [3, 4, 1])
  }
}
