using ClemReg.Algorithms.Transforms;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class TransformFileTests
{
    private const string Good = """{"format":"clemreg-transform","version":1,"axes":"zyx","unit":"nm","matrix":[[1,2,3,4],[0,1,0,5],[0,0,1,6],[0,0,0,1]]}""";

    [Fact]
    public void A_transform_is_read() => Assert.Equal([1, 2, 3, 4, 0, 1, 0, 5, 0, 0, 1, 6], TransformFile.Read(Good).Rows.ToArray());

    [Theory]
    [InlineData("clemreg-transform", "bigwarp", "format")]
    [InlineData("\"version\":1", "\"version\":2", "version is 2")]
    [InlineData("\"version\":1,", "", "version is missing")]
    [InlineData("zyx", "xyz", "axes")]
    [InlineData("\"nm\"", "\"um\"", "unit")]
    [InlineData("[0,0,0,1]", "[0,0,0,2]", "last row 0 0 0 1")]
    [InlineData("[1,2,3,4]", "[1,2,3]", "4 rows of 4")]
    [InlineData("[1,2,3,4]", "[1,2,\"x\",4]", "4 finite numbers")]
    [InlineData("[1,2,3,4]", "[1,2,1e999,4]", "4 finite numbers")]
    [InlineData("\"matrix\":[[1,2,3,4],", "\"matrix\":[", "4 rows of 4")]
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
}
