using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Transforms;

public sealed class PointFormatTests
{
    private static readonly PointCloud Cloud = new([new Point3(3000, 2000, 1000), new Point3(-0.5, 1e-3, 123456.789)]);

    public static TheoryData<string> All() => [.. PointFormats.All.Select(f => f.Name)];

    [Theory]
    [MemberData(nameof(All))]
    public void A_cloud_comes_back_as_it_was(string name)
    {
        IPointFormat format = PointFormats.Named(name);
        foreach (string unit in new[] { "um", "nm", "mm" })
        {
            string text = format.Write(Cloud, LengthUnit.Parse(unit, "unit"));
            Assert.Same(format, PointFormats.Detect(text, "their.file"));
            PointCloud read = format.Read(Maps.In(text, unit));
            Assert.Equal(2, read.Count);
            for (int i = 0; i < 2; i++) Assert.True((read[i] - Cloud[i]).Length < 1e-9);
        }
    }

    [Theory]
    [InlineData("csv", "z,y,x\n3,2,1\n")]
    [InlineData("napari_csv", "index,axis-0,axis-1,axis-2\n0,3,2,1\n")]
    [InlineData("ec_clem_csv", "id,dimension_1,dimension_2,dimension_3\n0,1,2,3\n")]
    [InlineData("mobie_spots", "spot_id,x,y,z\n1,1,2,3\n")]
    [InlineData("ply", "ply\nformat ascii 1.0\ncomment From CLEM-Reg for Fiji; unit um\nelement vertex 1\nproperty double x\nproperty double y\nproperty double z\nend_header\n1 2 3\n")]
    public void The_files_themselves(string name, string text) => Assert.Equal(text, PointFormats.Named(name).Write(new PointCloud([Cloud[0]]), LengthUnit.Micrometre));

    [Fact]
    public void Other_columns_and_elements_may_stand_beside()
    {
        PointCloud read = PointFormats.Named("napari_csv").Read(Maps.In("index,confidence,\"axis-2\",axis-1,axis-0\n0,0.5,1,2,3\n"));
        Assert.Equal(Cloud[0], read[0]);
        read = new PlyPoints().Read(Maps.In("ply\r\nformat ascii 1.0\r\nelement camera 1\r\nproperty float fov\r\nelement vertex 1\r\nproperty uchar red\r\nproperty float z\r\nproperty float y\r\nproperty float x\r\nelement face 0\r\nproperty list uchar int vertex_indices\r\nend_header\r\n0.5\r\n255 3 2 1\r\n"));
        Assert.Equal(Cloud[0], read[0]);
    }

    [Theory]
    [InlineData("napari_csv", "index,axis-0,axis-1\n0,1,2\n", "line 1: there is no column axis-2")]
    [InlineData("csv", "z,y,x\n1,2,\n", "line 2: x is ''")]
    [InlineData("csv", "z,y,x\n1,2,inf\n", "line 2: x is 'inf'")]
    [InlineData("csv", "z,y,x\n", "no points")]
    [InlineData("ply", "plz\n", "line 1: a PLY file")]
    [InlineData("ply", "ply\nformat binary_little_endian 1.0\nend_header\n", "line 2: format binary_little_endian 1.0: only format ascii")]
    [InlineData("ply", "ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\nend_header\n1 2 3\n", "promises 2 vertices")]
    [InlineData("ply", "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nend_header\n1 2\n", "properties x, y and z")]
    [InlineData("ply", "ply\nformat ascii 1.0\nelement vertex 1\n", "no end_header")]
    [InlineData("ply", "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nend_header\n1 2 c\n", "line 8: z is 'c'")]
    public void Bad_clouds(string name, string text, string message)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => PointFormats.Named(name).Read(Maps.In(text)));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Contains("their.file", e.Message, StringComparison.Ordinal);
    }
}
