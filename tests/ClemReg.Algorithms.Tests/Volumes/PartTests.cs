using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Volumes;

/// <summary>Boxes of volumes and masks, and what a grid holds.</summary>
public sealed class PartTests
{
    [Fact]
    public void A_part_has_the_voxels_of_its_place()
    {
        var random = new Random(1);
        var grid = new Grid(new Size3(4, 5, 200), new Point3(50, 20, 10), new Point3(1, 2, 3));
        using var volume = new Volume<ushort>(grid);
        using var mask = new BitVolume(grid);
        for (int z = 0; z < 4; z++)
            for (int y = 0; y < 5; y++)
                for (int x = 0; x < 200; x++)
                {
                    volume[z, y, x] = (ushort)random.Next(1000);
                    mask[z, y, x] = volume[z, y, x] > 500;
                }
        for (int trial = 0; trial < 200; trial++)
        {
            var first = new Size3(random.Next(4), random.Next(5), random.Next(200));
            var size = new Size3(1 + random.Next(4 - first.Z), 1 + random.Next(5 - first.Y), 1 + random.Next(200 - first.X));
            using var part = (Volume<ushort>)volume.Part(first, size);
            using BitVolume bits = mask.Part(first, size);
            Assert.Equal(size, part.Grid.Size);
            Assert.Equal(part.Grid, bits.Grid);
            Assert.Equal(grid.ToPhysical(first.Z, first.Y, first.X), part.Grid.Origin);
            long set = 0;
            for (int z = 0; z < size.Z; z++)
                for (int y = 0; y < size.Y; y++)
                    for (int x = 0; x < size.X; x++)
                    {
                        Assert.Equal(volume[first.Z + z, first.Y + y, first.X + x], part[z, y, x]);
                        Assert.Equal(mask[first.Z + z, first.Y + y, first.X + x], bits[z, y, x]);
                        if (bits[z, y, x]) set++;
                    }
            // The bits beyond the row's end are 0.
            Assert.Equal(set, bits.CountSet());
        }
    }

    [Fact]
    public void A_grid_holds_its_voxels_to_their_faces()
    {
        var grid = new Grid(new Size3(2, 3, 4), new Point3(50, 20, 10), new Point3(100, 0, -30));
        Assert.True(grid.Holds(new Point3(75, -10, -35)));
        Assert.True(grid.Holds(new Point3(175, 50, 5)));
        Assert.False(grid.Holds(new Point3(74, 0, 0)));
        Assert.False(grid.Holds(new Point3(100, 51, 0)));
        Assert.False(grid.Holds(new Point3(100, 0, 6)));
    }
}
