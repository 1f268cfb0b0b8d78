using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class ClaheTests
{
    [Fact]
    public void The_numbers_are_those_of_scikit_image()
    {
        Plane<float>[] golden = PlaneGolden.Read("clahe");
        Assert.True(golden.Length >= 24);
        for (int i = 0; i < golden.Length; i += 3)
        {
            (Plane<float> numbers, Plane<float> image) = (golden[i], golden[i + 1]);
            VoxelType type = numbers[0, 4] == 8 ? VoxelType.UInt8 : numbers[0, 4] == 16 ? VoxelType.UInt16 : VoxelType.Float32;
            ClaheOptions options = ClaheOptions.ScikitImage(image.Height, image.Width) with { ClipLimit = Math.Round(numbers[0, 2], 4), Bins = (int)numbers[0, 3] };
            if (numbers[0, 0] > 0) options = options with { TileHeight = (int)numbers[0, 0], TileWidth = (int)numbers[0, 1] };
            PlaneGolden.AssertClose(golden[i + 2], Clahe.Apply(image, type, options, new Job(2)), 1e-6);
        }
    }

    [Fact]
    public void Matlabs_numbers_are_its_tiles_and_its_limit()
    {
        ClaheOptions options = ClaheOptions.Matlab(512, 512);
        Assert.Equal((64, 64), (options.TileHeight, options.TileWidth));
        // 16 pixels a bin is the least for 4096 pixels and 256 bins; a hundredth of the other 4080 on top.
        Assert.Equal(16 + 41, (int)(options.ClipLimit * 64 * 64));
        options = ClaheOptions.Matlab(100, 33, tiles: 4, clipLimit: 1);
        Assert.Equal((26, 10, 260), (options.TileHeight, options.TileWidth, (int)(options.ClipLimit * 260)));
    }

    [Fact]
    public void Any_size_and_any_tile_give_0_to_1_and_flat_gives_0()
    {
        foreach ((int h, int w) in ((int, int)[])[(1, 1), (1, 2), (3, 1), (5, 17), (30, 31)])
            foreach (int tile in (int[])[1, 2, 3, 8, 50])
            {
                Plane<float> image = PlaneGolden.Noise(h, w, h * w);
                var options = new ClaheOptions(tile, tile + 1, 0.5);
                Plane<float> result = Clahe.Apply(image, VoxelType.Float32, options, new Job(1));
                Assert.All(result.Values, v => Assert.InRange(v, 0, 1));
                Assert.Equal(result.Values, Clahe.Apply(image, VoxelType.Float32, options, new Job(3)).Values);
                Array.Fill(image.Values, -4);
                Assert.All(Clahe.Apply(image, VoxelType.Float32, options, new Job(1)).Values, v => Assert.Equal(0, v));
            }
    }

    [Fact]
    public void Bad_input_is_named()
    {
        var image = new Plane<float>(4, 4);
        Refuse("tile size", new ClaheOptions(0, 4));
        Refuse("tile size", new ClaheOptions(60000, 60000));
        Refuse("clip limit", new ClaheOptions(4, 4, 0));
        Refuse("clip limit", new ClaheOptions(4, 4, double.NaN));
        Refuse("bins", new ClaheOptions(4, 4, 0.1, 1));
        Assert.StartsWith("tiles", Assert.Throws<BadInputException>(() => ClaheOptions.Matlab(4, 4, 0)).Message, StringComparison.Ordinal);
        Assert.StartsWith("clip limit", Assert.Throws<BadInputException>(() => ClaheOptions.Matlab(4, 4, 8, 2)).Message, StringComparison.Ordinal);
        image[2, 1] = float.PositiveInfinity;
        Assert.Contains("infinite", Assert.Throws<BadInputException>(() => Clahe.Apply(image, VoxelType.Float32, new ClaheOptions(2, 2), new Job(1))).Message, StringComparison.Ordinal);

        void Refuse(string name, ClaheOptions options) => Assert.StartsWith(name,
            Assert.Throws<BadInputException>(() => Clahe.Apply(image, VoxelType.UInt8, options, new Job(1))).Message, StringComparison.Ordinal);
    }
}
