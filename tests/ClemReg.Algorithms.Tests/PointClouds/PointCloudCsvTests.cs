using System.Globalization;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.PointClouds;

public sealed class PointCloudCsvTests
{
    [Fact]
    public void What_is_written_reads_back_to_the_bit()
    {
        Point3[] points = [.. Masks.RandomPoints(100, 1, 1e5), new Point3(-0.1, 1e-300, 1e300), new Point3(1.0 / 3, double.MaxValue, double.Epsilon)];
        var writer = new StringWriter(CultureInfo.GetCultureInfo(""));
        PointCloudCsv.Write(new PointCloud(points), writer);
        Assert.StartsWith("z,y,x\n", writer.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\r', writer.ToString());
        Assert.Equal(points, Read(writer.ToString()).Points.ToArray());
    }

    [Theory]
    [InlineData("z,y,x\n1,2,3\n")]
    [InlineData("\uFEFFz,y,x\r\n1,2,3\r\n\r\n")]
    [InlineData("\n\"x\", Y ,id,Z\n\n 3e0 ,\"2\",cell 7,+1.0")]
    public void The_usual_ways_of_writing_are_read(string text) =>
        Assert.Equal([new Point3(1, 2, 3)], Read(text).Points.ToArray());

    [Fact]
    public void A_header_alone_is_an_empty_cloud() => Assert.Equal(0, Read("z,y,x").Count);

    [Theory]
    [InlineData("", "points.csv is empty")]
    [InlineData("\n \n", "points.csv is empty")]
    [InlineData("z,y\n1,2\n", "line 1: the header has no column x")]
    [InlineData("\nz;y;x\n1;2;3\n", "line 2: the header has no column z")]
    [InlineData("1,2,3\n", "line 1: the header has no column z")]
    [InlineData("z,y,x\n1,2,3\n4,5\n", "line 3: 2 values where the header has 3")]
    [InlineData("z,y,x\n1,5,2,5,3,5\n", "line 2: 6 values where the header has 3")]
    [InlineData("z,y,x\n1,2,3\n\n4,abc,6\n", "line 4: y = \"abc\" is not a finite number")]
    [InlineData("z,y,x\n1,2,\n", "line 2: x = \"\" is not a finite number")]
    [InlineData("z,y,x\nNaN,2,3\n", "line 2: z = \"NaN\" is not a finite number")]
    [InlineData("z,y,x\n1,2,Infinity\n", "line 2: x = \"Infinity\" is not a finite number")]
    [InlineData("z,y,x\n1,2,1e999\n", "line 2: x = \"1e999\" is not a finite number")]
    public void What_is_wrong_is_named_with_its_line(string text, string expected)
    {
        var error = Assert.Throws<BadInputException>(() => Read(text));
        Assert.Contains("points.csv", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static PointCloud Read(string text) => PointCloudCsv.Read(new StringReader(text), "points.csv");
}
