using System.Text.Json.Nodes;
using ClemReg.Algorithms.Tests.Transforms;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class TransformFileTests
{
    private const string Good = """{"format":"clemreg-transform","version":1,"axes":"zyx","unit":"nm","matrix":[[1,2,3,4],[0,1,0,5],[0,0,1,6],[0,0,0,1]]}""";

    [Fact]
    public void A_transform_is_read() => Assert.Equal([1, 2, 3, 4, 0, 1, 0, 5, 0, 0, 1, 6], ((AffineTransform)TransformFile.Read(Good)).Rows.ToArray());

    [Theory]
    [InlineData("clemreg-transform", "bigwarp", "format")]
    [InlineData("\"version\":1", "\"version\":3", "version is 3")]
    [InlineData("\"version\":1,", "", "version is missing")]
    [InlineData("zyx", "xyz", "axes")]
    [InlineData("\"nm\"", "\"um\"", "unit")]
    [InlineData("[0,0,0,1]", "[0,0,0,2]", "last row 0 0 0 1")]
    [InlineData("[1,2,3,4]", "[1,2,3]", "4 rows of 4")]
    [InlineData("[1,2,3,4]", "[1,2,\"x\",4]", "4 finite numbers")]
    [InlineData("[1,2,3,4]", "[1,2,1e999,4]", "4 finite numbers")]
    [InlineData("\"matrix\":[[1,2,3,4],", "\"matrix\":[", "4 rows of 4")]
    [InlineData("\"version\"", "\"direction\":\"sideways\",\"version\"", "moving_to_fixed")]
    [InlineData("\"version\"", "\"type\":\"spiral\",\"version\"", "type")]
    [InlineData("\"version\"", "\"type\":\"thin_plate_spline\",\"version\"", "in version 2")]
    [InlineData("\"version\":1", "\"version\":2", "type")]
    [InlineData("[1,2,3,4]", "[1,2,3,NaN]", "holds NaN where a finite number is needed")]
    [InlineData("[1,2,3,4]", "[-Infinity,2,3,4]", "holds -Infinity where a finite number is needed")]
    [InlineData("[0,1,0,5]", "[1,2,3,5]", "singular")]
    [InlineData("{", "", "not JSON")]
    [InlineData("}", "", "not JSON")]
    public void Anything_else_is_refused(string from, string to, string message)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => TransformFile.Read(Good.Replace(from, to, StringComparison.Ordinal)));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_singular_transform_has_no_inverse() =>
        Assert.Contains("singular", Assert.Throws<BadInputException>(() =>
            new AffineTransform([1, 2, 3, 0, 2, 4, 6, 0, 0, 0, 1, 0]).Inverse()).Message, StringComparison.Ordinal);

    [Fact]
    public void Deformable_transforms_and_their_inverses_come_back_exactly()
    {
        ThinPlateSpline spline = BendCases.Spline(20);
        var nodes = new Grid(new Size3(4, 5, 6), new Point3(900, 2500, 1900), new Point3(-100, 7, 0.1));
        DisplacementField field = DisplacementField.Sample(spline, nodes, new Job(1));
        var cubic = new DisplacementField(nodes, FieldInterpolation.CubicBSpline, field.Coefficients);
        var p = new Point3(800, 4000, 3000);
        foreach (SpatialTransform transform in (SpatialTransform[])[spline, field, cubic])
        {
            string forward = TransformFile.Write(transform, TransformFile.MovingToFixed).ToJsonString();
            string inverse = TransformFile.Write(transform.Inverse(), TransformFile.FixedToMoving).ToJsonString();
            Assert.Contains("\"version\":2", forward, StringComparison.Ordinal);
            Assert.Equal(transform.Apply(p), TransformFile.Read(forward).Apply(p));
            Assert.Equal(forward, TransformFile.Write(TransformFile.Read(forward), TransformFile.MovingToFixed).ToJsonString());
            Assert.Equal(inverse, TransformFile.Write(TransformFile.Read(inverse), TransformFile.FixedToMoving).ToJsonString());
            SpatialTransform back = TransformFile.Read(inverse, TransformFile.FixedToMoving);
            Assert.Equal(transform.Inverse().Apply(p), back.Apply(p));
            Assert.True((back.Apply(transform.Apply(p)) - p).Length < 1e-6);
            Assert.Contains("Use transform.json", Assert.Throws<BadInputException>(() => TransformFile.Read(inverse, TransformFile.MovingToFixed)).Message, StringComparison.Ordinal);
            Assert.Contains("Use inverse_transform.json", Assert.Throws<BadInputException>(() => TransformFile.Read(forward, TransformFile.FixedToMoving)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("control_points", "[[1,2]]", "control_points")]
    [InlineData("control_points", "[]", "control_points")]
    [InlineData("control_points", "[[1,2,\"x\"]]", "control_points")]
    [InlineData("weights", "[[1,2,3]]", "as many as its 20")]
    [InlineData("matrix", "[]", "4 rows of 4")]
    [InlineData("inverted", "1", "inverted")]
    [InlineData("unit", "\"pixel\"", "unit")]
    [InlineData("size", "[1,2]", "size")]
    [InlineData("size", "[2.5,5,6]", "whole numbers")]
    [InlineData("size", "[4,5,7]", "displacements")]
    [InlineData("spacing", "[1,0,1]", "spacing")]
    [InlineData("interpolation", "\"quintic\"", "linear or cubic_b_spline")]
    [InlineData("encoding", "\"hex\"", "encoding")]
    [InlineData("displacements", "\"***\"", "base64")]
    public void Bad_numbers_of_a_deformable_transform_are_named(string key, string value, string message)
    {
        ThinPlateSpline spline = BendCases.Spline(20);
        SpatialTransform transform = key is "control_points" or "weights" or "matrix" or "unit" or "inverted" ? spline
            : DisplacementField.Sample(spline, new Grid(new Size3(4, 5, 6), new Point3(900, 2500, 1900)), new Job(1));
        JsonObject json = TransformFile.Write(transform, TransformFile.MovingToFixed);
        json[key] = JsonNode.Parse(value);
        BadInputException e = Assert.Throws<BadInputException>(() => TransformFile.Read(json.ToJsonString()));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }
}
