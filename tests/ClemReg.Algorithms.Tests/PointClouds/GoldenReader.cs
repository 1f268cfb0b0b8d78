using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.PointClouds;

/// <summary>Reads the arrays that tests/golden-scripts/pointclouds.py wrote.</summary>
internal sealed class GoldenReader(string name) : IDisposable
{
    private readonly BinaryReader _reader = new(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "golden", "pointclouds", name)));

    public bool AtEnd => _reader.BaseStream.Position == _reader.BaseStream.Length;

    public int Int() => _reader.ReadInt32();

    public double Double() => _reader.ReadDouble();

    public Point3 Point() => new(Double(), Double(), Double());

    public PointCloud Cloud()
    {
        var points = new Point3[Int()];
        for (int i = 0; i < points.Length; i++) points[i] = Point();
        return new PointCloud(points);
    }

    public BitVolume Mask(Grid grid)
    {
        var mask = new BitVolume(grid);
        for (int z = 0; z < grid.Size.Z; z++)
            for (int y = 0; y < grid.Size.Y; y++)
            {
                byte[] row = _reader.ReadBytes((grid.Size.X + 7) / 8);
                for (int x = 0; x < grid.Size.X; x++) mask[z, y, x] = (row[x / 8] >> x % 8 & 1) != 0;
            }
        return mask;
    }

    public void Dispose() => _reader.Dispose();
}
